import { z } from 'zod';
import { id } from '../../call/core/account';
import { fail } from '../../call/core/errors';
import { router, userProcedure } from './base';

/** Listed in PARLEY_OPERATORS. There are no other roles. */
const operatorProcedure = userProcedure.use(({ ctx, next }) => {
	if (!ctx.services.ops.isOperator(ctx.identity.username)) return fail('ops/not-an-operator');
	return next();
});

export const opsRouter = router({
	/** All live calls of this server, the newest first. */
	activeCalls: operatorProcedure
		.input(
			z
				.object({
					before: z.object({ startedAt: z.int().nonnegative(), callId: id }).optional(),
					limit: z.int().min(1).max(100).default(50)
				})
				.default({ limit: 50 })
		)
		.query(({ ctx, input }) =>
			ctx.services.ops.activeCalls({ limit: input.limit, before: input.before ?? null })
		)
});
