import { z } from 'zod';
import { id, inviteCode, messageNumber, roomName, username } from '../../call/core/account';
import { ringSetting } from '../../call/core/snapshot';
import { roomProcedure, router, userProcedure } from './base';

export const roomsRouter = router({
	list: userProcedure.query(({ ctx }) => ctx.services.rooms.list(ctx.identity.userId)),

	create: userProcedure
		.input(z.object({ name: roomName }))
		.mutation(({ ctx, input }) => ctx.services.rooms.create(ctx.identity.userId, input)),

	openDirect: userProcedure
		.input(z.object({ username }))
		.mutation(({ ctx, input }) => ctx.services.rooms.openDirect(ctx.identity.userId, input)),

	detail: roomProcedure.query(({ ctx, input }) =>
		ctx.services.rooms.detail(input.roomId, ctx.identity.userId)
	),

	presence: roomProcedure.query(({ ctx, input }) => ctx.services.presence.of(input.roomId)),

	leave: roomProcedure.mutation(({ ctx, input }) =>
		ctx.services.rooms.leave(input.roomId, ctx.identity.userId)
	),

	removeMember: roomProcedure
		.input(z.object({ userId: id }))
		.mutation(({ ctx, input }) =>
			ctx.services.rooms.removeMember(input.roomId, ctx.identity.userId, input.userId)
		),

	/** A mutation: the first time it makes the code. */
	inviteCode: roomProcedure.mutation(({ ctx, input }) =>
		ctx.services.rooms.inviteCode(input.roomId, ctx.identity.userId)
	),

	revokeInvite: roomProcedure.mutation(({ ctx, input }) =>
		ctx.services.rooms.revokeInvite(input.roomId, ctx.identity.userId)
	),

	markRead: roomProcedure
		.input(z.object({ n: messageNumber }))
		.mutation(({ ctx, input }) =>
			ctx.services.rooms.markRead({ roomId: input.roomId, userId: ctx.identity.userId }, input.n)
		),

	setRing: roomProcedure
		.input(z.object({ ring: ringSetting }))
		.mutation(({ ctx, input }) =>
			ctx.services.rooms.setRing({ roomId: input.roomId, userId: ctx.identity.userId }, input.ring)
		),

	peekInvite: userProcedure
		.input(z.object({ code: inviteCode }))
		.query(({ ctx, input }) => ctx.services.rooms.peekInvite(input.code)),

	join: userProcedure
		.input(z.object({ code: inviteCode }))
		.mutation(({ ctx, input }) => ctx.services.rooms.joinByInvite(input.code, ctx.identity.userId))
});
