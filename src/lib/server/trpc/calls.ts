import { z } from 'zod';
import { callSearch, id } from '../../call/core/account';
import { qualitySamples } from '../../call/core/call-quality';
import { peerReports, why } from '../../call/core/connection-report';
import { LAST_INSTANT, MAX_DO_NOT_DISTURB_MS, MIN_DO_NOT_DISTURB_MS } from '../../call/core/limits';
import type { PersonEvent } from '../../call/core/host-moves';
import { callKind } from '../../call/core/snapshot';
import type { Identity } from '../auth/accounts';
import { callProcedure, deviceProcedure, roomProcedure, router, userProcedure } from './base';
import type { Services } from './services';

const media = { microphoneEnabled: z.boolean(), cameraEnabled: z.boolean() };

/** One of the caller's own devices, and a call in a room they are in. */
const callDeviceProcedure = deviceProcedure
	.input(z.object({ callId: id }))
	.use(async ({ ctx, input, next }) => {
		await ctx.services.calls.requireVisible(input.callId, ctx.identity.userId);
		return next();
	});

/** Somebody in a call. Whether the caller may do that to them, the call's own rules say. */
const personInCallProcedure = callProcedure.input(z.object({ userId: id }));

function asHost(
	type: PersonEvent['type'],
	{ services, identity }: { services: Services; identity: Identity },
	input: { callId: string; userId: string }
): Promise<void> {
	return services.calls.asHost(input.callId, { type, userId: identity.userId, targetId: input.userId });
}

const doNotDisturbMs = z.int().min(MIN_DO_NOT_DISTURB_MS).max(MAX_DO_NOT_DISTURB_MS);
const historyLimit = z.int().min(1).max(100).default(30);

export const callsRouter = router({
	/** Starts a call in a room, or joins the one that somebody else started a moment before. */
	start: roomProcedure
		.input(z.object({ deviceId: id, kind: callKind, ...media }))
		.mutation(async ({ ctx, input }) => {
			await ctx.services.devices.require(input.deviceId, ctx.identity.userId);
			return ctx.services.calls.start({ ...input, userId: ctx.identity.userId });
		}),

	accept: callDeviceProcedure
		.input(z.object(media))
		.mutation(({ ctx, input }) => ctx.services.calls.accept({ ...input, userId: ctx.identity.userId })),

	/** Comes into a live call without a ring; `replaces` is the device this page was before a reload. */
	join: callDeviceProcedure
		.input(z.object({ ...media, replaces: id.optional() }))
		.mutation(({ ctx, input }) =>
			ctx.services.calls.join({
				...input,
				userId: ctx.identity.userId,
				replaces: input.replaces ?? null
			})
		),

	decline: callProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.decline(input.callId, ctx.identity.userId)
	),

	/** Leaves; a caller whose call still rings cancels it. */
	leave: callDeviceProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.leave(input.callId, input.deviceId)
	),

	/** Ends the call for everyone. Host only. */
	end: callProcedure.mutation(({ ctx, input }) => ctx.services.calls.end(input.callId, ctx.identity.userId)),

	/** Turns somebody's microphone off; they may turn it on again. Host only. */
	mute: personInCallProcedure.mutation(({ ctx, input }) => asHost('mute', ctx, input)),

	/** Takes somebody out of the call, for good. Host only. */
	remove: personInCallProcedure.mutation(({ ctx, input }) => asHost('remove', ctx, input)),

	/** Makes somebody else in the call its host. Host only. */
	handOver: personInCallProcedure.mutation(({ ctx, input }) => asHost('hand-over', ctx, input)),

	/** Raises the hand of this device's person, or puts it down. One that is up keeps its place. */
	setHand: callDeviceProcedure
		.input(z.object({ raised: z.boolean() }))
		.mutation(({ ctx, input }) => ctx.services.calls.setHand(input.callId, input.deviceId, input.raised)),

	/** Puts somebody's hand down; they may raise it again. Host only. */
	lowerHand: personInCallProcedure.mutation(({ ctx, input }) => asHost('lower-hand', ctx, input)),

	/** Puts all hands down. Host only. */
	lowerHands: callProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.asHost(input.callId, { type: 'lower-hands', userId: ctx.identity.userId })
	),

	setMedia: callDeviceProcedure
		// Who does not speak of a screen shares none.
		.input(z.object({ ...media, screenEnabled: z.boolean().default(false) }))
		.mutation(({ ctx, input }) => ctx.services.calls.setMedia(input.callId, input.deviceId, input)),

	/** Keeps the device in its call: due every 10 s. One that was reconnecting is back. */
	renew: callDeviceProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.renew(input.callId, input.deviceId)
	),

	/** The page is being left: the device is reconnecting at once, and has left after its grace. */
	away: callDeviceProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.away(input.callId, input.deviceId)
	),

	/** Alone in the call, to wait on: it ends by itself otherwise. */
	stay: callDeviceProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.stay(input.callId, input.deviceId)
	),

	/** Media flows: an accepted call that never hears this has failed. */
	connected: callDeviceProcedure.mutation(({ ctx, input }) =>
		ctx.services.calls.connected(input.callId, input.deviceId)
	),

	/** Media could not be brought up; why, in words for people. */
	failed: callDeviceProcedure
		.input(z.object({ why }))
		.mutation(({ ctx, input }) => ctx.services.calls.failed(input.callId, input.deviceId, input.why)),

	get: callProcedure.query(({ ctx, input }) => ctx.services.calls.get(input.callId, ctx.identity.userId)),

	/** The live call of a room, if there is one, with how its devices are connected. */
	state: roomProcedure.query(({ ctx, input }) => ctx.services.calls.state(input.roomId, ctx.identity.userId)),

	/** How this device's connections are. May get lost: nothing depends on it but who asks why. */
	reportConnection: callDeviceProcedure
		.input(z.object({ peers: peerReports }))
		.mutation(({ ctx, input }) =>
			ctx.services.calls.reportConnection(input.callId, input.deviceId, input.peers)
		),

	/** What the devices of a call last reported of their connections, also after its end. */
	connection: callProcedure.query(({ ctx, input }) => ctx.services.calls.connection(input.callId)),

	/** How this device's connections were over the last seconds. May come late, and twice. */
	reportQuality: callProcedure
		.input(z.object({ deviceId: id, samples: qualitySamples }))
		.mutation(({ ctx, input: { samples, ...at } }) =>
			ctx.services.calls.reportQuality({ ...at, userId: ctx.identity.userId }, samples)
		),

	/** How a call was between its devices, for who is part of it: also after its end. */
	quality: userProcedure
		.input(z.object({ callId: id }))
		.query(({ ctx, input }) => ctx.services.calls.quality(input.callId, ctx.identity.userId)),

	history: userProcedure
		.input(
			z.object({
				filter: z.enum(['all', 'missed']).default('all'),
				search: callSearch.optional(),
				before: z.object({ startedAt: z.int().nonnegative().max(LAST_INSTANT), callId: id }).optional(),
				limit: historyLimit
			})
		)
		.query(({ ctx, input }) =>
			ctx.services.calls.history({
				...input,
				userId: ctx.identity.userId,
				before: input.before ?? null
			})
		),

	/** One call of the caller's history: who was asked, and what happened when. */
	details: userProcedure
		.input(z.object({ callId: id }))
		.query(({ ctx, input }) => ctx.services.calls.details(input.callId, ctx.identity.userId)),

	/** Takes a call out of the caller's own history. */
	hide: userProcedure
		.input(z.object({ callId: id }))
		.mutation(({ ctx, input }) => ctx.services.calls.hide(input.callId, ctx.identity.userId)),

	/** The newest missed calls: what other programs ask for most. */
	missed: userProcedure
		.input(z.object({ limit: historyLimit }).default({ limit: 30 }))
		.query(async ({ ctx, input }) => {
			const { userId } = ctx.identity;
			const page = await ctx.services.calls.history({ ...input, userId, filter: 'missed', before: null });
			return page.entries;
		}),

	/** What only the caller sees of themselves: how many calls were missed, until when none rings. */
	standing: userProcedure.query(({ ctx }) => ctx.services.calls.standing(ctx.identity.userId)),

	/** No call rings for so long; null: calls ring again. */
	setDoNotDisturb: userProcedure
		.input(z.object({ forMs: doNotDisturbMs.nullable() }))
		.mutation(async ({ ctx, input }) => ({
			until: await ctx.services.calls.setDoNotDisturb(ctx.identity.userId, input.forMs)
		})),

	markMissedSeen: userProcedure.mutation(({ ctx }) => ctx.services.calls.markMissedSeen(ctx.identity.userId))
});
