import { callProcedure, router, userProcedure } from './base';

export const iceRouter = router({
	/** What there is to connect by, before any call. */
	offered: userProcedure.query(({ ctx }) => ({ relay: ctx.services.ice.relays })),

	/** The same servers as for a call, for who checks their connection. A mutation: each is counted, and none is repeated by itself. */
	check: userProcedure.mutation(({ ctx }) => ctx.services.iceCheck.begin(ctx.identity.userId)),

	/** The STUN and TURN servers for one live call, for those who are invited to it or in it. Ask again before `expiresAt`. */
	servers: callProcedure.query(async ({ ctx, input }) => {
		await ctx.services.calls.requireParticipant(input.callId, ctx.identity.userId);
		return ctx.services.ice.servers(ctx.identity.userId);
	})
});
