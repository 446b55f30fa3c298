import { pushSubscription } from '../../call/core/push-message';
import { router, sessionProcedure } from './base';

/** Ringing browsers that show no page of ours. For sessions alone: who signs out is not rung there any more. */
export const pushRouter = router({
	/** What to subscribe with; null when this server does not push. */
	key: sessionProcedure.query(async ({ ctx }) => ({ publicKey: await ctx.services.push.publicKey() })),

	/** This browser rings for the caller from now on. Telling it again changes nothing. */
	subscribe: sessionProcedure.input(pushSubscription).mutation(({ ctx, input }) => {
		const { userId, id: sessionId } = ctx.identity;
		return ctx.services.push.subscribe({ userId, sessionId }, input);
	}),

	unsubscribe: sessionProcedure
		.input(pushSubscription.pick({ endpoint: true }))
		.mutation(({ ctx, input }) => ctx.services.push.unsubscribe(ctx.identity.userId, input.endpoint))
});
