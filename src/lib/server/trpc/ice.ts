import { callProcedure, router } from './base';

export const iceRouter = router({
	/** The STUN and TURN servers for one call. Ask again before `expiresAt`. */
	servers: callProcedure.query(({ ctx }) => ctx.services.ice.servers(ctx.identity.userId))
});
