import { z } from 'zod';
import { id, messageBody, messagePage } from '../../call/core/account';
import { roomProcedure, router } from './base';

export const messagesRouter = router({
	send: roomProcedure
		.input(z.object({ id, body: messageBody }))
		.mutation(({ ctx, input }) => ctx.services.messages.send({ ...input, userId: ctx.identity.userId })),

	page: roomProcedure.input(messagePage).query(({ ctx, input }) => ctx.services.messages.page(input))
});
