import { z } from 'zod';
import { id, tokenName } from '../../call/core/account';
import { router, sessionProcedure } from './base';

/** Personal tokens. A token cannot make, list or revoke tokens: a leaked one must not outlive its revocation. */
export const tokensRouter = router({
	list: sessionProcedure.query(({ ctx }) => ctx.services.accounts.listTokens(ctx.identity.userId)),

	/** The only answer that ever holds the token itself. */
	create: sessionProcedure
		.input(z.object({ name: tokenName }))
		.mutation(({ ctx, input }) => ctx.services.accounts.createToken(ctx.identity.userId, input.name)),

	revoke: sessionProcedure
		.input(z.object({ tokenId: id }))
		.mutation(({ ctx, input }) => ctx.services.accounts.revokeToken(ctx.identity.userId, input.tokenId))
});
