import { router, signalProcedure } from './base';

export const signalsRouter = router({
	/** Acknowledged after commit. Sending the same numbers again is harmless. */
	send: signalProcedure.mutation(({ ctx, input }) => ctx.services.signals.send(input))
});
