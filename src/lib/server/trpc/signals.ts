import { signalSend } from '../../call/core/signal';
import { deviceProcedure, router } from './base';

export const signalsRouter = router({
	/** Acknowledged after commit. Sending the same numbers again is harmless. */
	send: deviceProcedure
		.input(signalSend)
		.mutation(({ ctx, input }) => ctx.services.signals.send({ ...input, deviceId: ctx.device.id }))
});
