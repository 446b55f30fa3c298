import { callProcedure, router } from './base';

export const iceRouter = router({
	/** The STUN and TURN servers for one live call, for those who are invited to it or in it. Ask again before `expiresAt`. */
	servers: callProcedure.query(async ({ ctx, input }) => {
		await ctx.services.calls.requireParticipant(input.callId, ctx.identity.userId);
		return ctx.services.ice.servers(ctx.identity.userId);
	})
});
