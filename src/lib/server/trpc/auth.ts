import { registerInput, signInInput } from '../../call/core/account';
import { fail } from '../../call/core/errors';
import type { Identity, Person, SignedIn } from '../auth/accounts';
import { publicProcedure, router, sessionProcedure } from './base';
import type { Context } from './context';

const asPerson = ({ userId, username, displayName }: Identity): Person => ({ userId, username, displayName });

/**
 * Answers with a cookie, never with the token: a page's script has no need of it. The session that the
 * browser held before is over, since nobody could sign out of it any more.
 */
async function keepSignedIn(ctx: Context, signedIn: SignedIn): Promise<Person> {
	ctx.cookie?.set(signedIn.token, signedIn.expiresAt);
	if (ctx.identity?.via === 'session') await ctx.services.accounts.signOut(ctx.identity.id);
	return asPerson(signedIn.identity);
}

export const authRouter = router({
	/** Null when nobody is signed in: a question, not a failure. */
	me: publicProcedure.query(({ ctx }) => ctx.identity && asPerson(ctx.identity)),

	register: publicProcedure.input(registerInput).mutation(async ({ ctx, input }) => {
		if (!ctx.cookie) return fail('auth/cookies-needed');
		return keepSignedIn(ctx, await ctx.services.accounts.register({ ...input, ip: ctx.ip }));
	}),

	signIn: publicProcedure.input(signInInput).mutation(async ({ ctx, input }) => {
		if (!ctx.cookie) return fail('auth/cookies-needed');
		return keepSignedIn(ctx, await ctx.services.accounts.signIn({ ...input, ip: ctx.ip }));
	}),

	signOut: sessionProcedure.mutation(async ({ ctx }) => {
		await ctx.services.accounts.signOut(ctx.identity.id);
		ctx.cookie?.clear();
	})
});
