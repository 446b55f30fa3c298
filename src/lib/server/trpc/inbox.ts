import { tracked, type TrackedEnvelope } from '@trpc/server';
import { z } from 'zod';
import { fail } from '../../call/core/errors';
import { MAX_POLL_WAIT_MS } from '../../call/core/limits';
import type { InboxItem } from '../../call/core/inbox';
import { cursor, eventId } from '../../call/core/signal';
import type { Inbox } from '../inbox/inbox';
import { deviceProcedure, router, userProcedure } from './base';

type Followed = ReturnType<Inbox['follow']>;
type Tracked = TrackedEnvelope<InboxItem>;
const toTracked = ({ done, value }: Awaited<ReturnType<Followed['next']>>): IteratorResult<Tracked, void> =>
	done ? { done: true, value: undefined } : { value: tracked(value.id, value.item) };

/**
 * Always tracked: one bare item erases the resume point. tRPC asks for the next one whether its reader takes any or
 * not: until they do, nothing is read for them. No generator, because every stream keeps this for as long as it stands.
 */
function trackedItems(
	items: Followed,
	mayWrite: (() => Promise<void>) | undefined
): AsyncIterableIterator<Tracked, void> {
	return {
		next: () => (mayWrite ? mayWrite().then(() => items.next()) : items.next()).then(toTracked),
		return: () => items.return().then(toTracked),
		[Symbol.asyncIterator]() {
			return this;
		}
	};
}

export const inboxRouter = router({
	/** Makes this page load, or program, a device: it gets an id and a mailbox, and hears how it may read. */
	open: userProcedure.mutation(async ({ ctx }) => ({
		...(await ctx.services.devices.open(ctx.identity.userId)),
		rungs: ctx.services.rungs
	})),

	/** Push. tRPC subscribes again with `lastEventId`, so a dropped stream resumes where it stopped. */
	stream: deviceProcedure
		.input(z.object({ lastEventId: eventId.optional() }))
		.use(({ ctx, next }) => {
			// A WebSocket that is not offered was refused at its upgrade.
			const offered = ctx.mayWrite !== undefined || ctx.services.rungs.includes('sse');
			return offered ? next() : fail('inbox/rung-not-offered');
		})
		.subscription(({ ctx, input, signal }) => {
			const viewer = { deviceId: ctx.device.id, userId: ctx.device.userId, identityId: ctx.identity.id };
			return trackedItems(ctx.services.inbox.follow(viewer, input.lastEventId, signal), ctx.mayWrite);
		}),

	/** Pull: the same news over the same cursor. Waits up to `waitMs` when there is nothing to say. */
	poll: deviceProcedure
		.input(
			z.object({
				cursor,
				stateTag: z.string().max(80).optional(),
				waitMs: z.int().min(0).max(MAX_POLL_WAIT_MS).default(0)
			})
		)
		.query(({ ctx, input, signal }) => {
			const { rungs } = ctx.services;
			if (!rungs.some((rung) => rung === 'long-poll' || rung === 'short-poll')) {
				return fail('inbox/rung-not-offered');
			}
			const viewer = { deviceId: ctx.device.id, userId: ctx.device.userId, identityId: ctx.identity.id };
			const waitMs = rungs.includes('long-poll') ? input.waitMs : 0;
			return ctx.services.inbox.poll(viewer, { ...input, waitMs }, signal);
		}),

	/** Everything up to the cursor was taken. Monotonic, clamped to the head, ignored for another epoch. */
	ack: deviceProcedure
		.input(z.object({ cursor }))
		.mutation(({ ctx, input }) => ctx.services.signals.ack(ctx.device.id, input.cursor))
});
