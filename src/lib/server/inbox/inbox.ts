import { randomBytes } from 'node:crypto';
import type { InboxItem, InboxPage, RoomHead, RoomMessage, ViewerState } from '../../call/core/inbox';
import { formatEventId, parseEventId, type Cursor, type DeliveredSignal } from '../../call/core/signal';
import type { CallSnapshot } from '../../call/core/snapshot';
import type { Bus, News } from '../bus/bus';
import { createChanges } from './changes';
import { NewsQueue } from './news-queue';

/** Whose stream it is. `identityId` is the session or token that opened it: when it ends, so does the stream. */
export type Viewer = { deviceId: string; userId: string; identityId: string };

type MailboxRead = { epoch: number; head: number; signals: DeliveredSignal[] };

/** What the inbox merges. Each is one function of another room, passed in by `wire.ts`. */
type InboxDeps = {
	bus: Bus;
	now: () => number;
	readMailbox: (deviceId: string, cursor: Cursor, limit: number) => Promise<MailboxRead>;
	mailboxHead: (deviceId: string) => Promise<Cursor>;
	/** Notes that the device is there: one whose stream merely stands asks for nothing. */
	keepDevice: (deviceId: string, userId: string) => Promise<void>;
	liveCalls: (userId: string) => Promise<CallSnapshot[]>;
	callFor: (callId: string, userId: string) => Promise<CallSnapshot | null>;
	missedCount: (userId: string) => Promise<number>;
	roomHeads: (userId: string) => Promise<RoomHead[]>;
	roomHead: (roomId: string, userId: string) => Promise<RoomHead | null>;
	messageByN: (roomId: string, n: number) => Promise<RoomMessage | null>;
};

export type Inbox = ReturnType<typeof createInbox>;

const READ_LIMIT = 200;
/** Well below the five minutes after which a device that nobody saw is swept away. */
const KEEP_DEVICE_INTERVAL_MS = 60_000;

/** A device's one stream: state, room logs and mailbox merged. The poll reads the same by the same cursor. */
export function createInbox(deps: InboxDeps) {
	const { bus } = deps;
	const serverId = randomBytes(6).toString('hex');
	const changes = createChanges(bus, serverId);
	let itemsSent = 0;

	async function stateFor(userId: string): Promise<ViewerState> {
		const [calls, rooms, missedCount] = await Promise.all([
			deps.liveCalls(userId),
			deps.roomHeads(userId),
			deps.missedCount(userId)
		]);
		return { serverNow: deps.now(), calls, rooms, missedCount };
	}

	function listen(viewer: Viewer): { queue: NewsQueue; stop: () => void } {
		const queue = new NewsQueue();
		const stop = bus.subscribe(
			[`user:${viewer.userId}`, `device:${viewer.deviceId}`, `session:${viewer.identityId}`],
			(news, topic) => {
				// A device that ended is asked for anew; a session that ended asks for nothing any more.
				if (news.type === 'closed' && topic.startsWith('device:')) queue.close('device/not-found');
				else if (news.type === 'closed') queue.close('auth/session-expired');
				else queue.push(news);
			}
		);
		return { queue, stop };
	}

	/** The item a wake-up stands for, read now; null when there is nothing to show for it any more. */
	async function itemFor(
		news: Exclude<News, { type: 'mailbox' | 'closed' }>,
		userId: string
	): Promise<InboxItem | null> {
		switch (news.type) {
			case 'call': {
				const call = await deps.callFor(news.callId, userId);
				return call && { type: 'call', call };
			}
			case 'missed':
				return { type: 'missed', missedCount: await deps.missedCount(userId) };
			case 'room': {
				const room = await deps.roomHead(news.roomId, userId);
				if (!room) return { type: 'room-gone', roomId: news.roomId };
				const message = room.lastN > 0 ? await deps.messageByN(room.id, room.lastN) : null;
				return { type: 'room', room, message };
			}
			case 'room-gone':
				return { type: 'room-gone', roomId: news.roomId };
		}
	}

	return {
		/**
		 * Follows everything this viewer can see, from the cursor in `lastEventId` on.
		 *
		 * Subscribes first and replays then, so nothing falls between; begins with one `state` item.
		 */
		async *follow(
			viewer: Viewer,
			lastEventId: string | undefined,
			signal: AbortSignal | undefined
		): AsyncGenerator<{ id: string; item: InboxItem }, void, void> {
			const { queue, stop } = listen(viewer);
			try {
				let at = lastEventId ? parseEventId(lastEventId) : await deps.mailboxHead(viewer.deviceId);
				const tag = (item: InboxItem) => {
					itemsSent += 1;
					return { id: formatEventId(at, `${serverId}-${itemsSent.toString(36)}`), item };
				};

				yield tag({ type: 'state', state: await stateFor(viewer.userId) });

				let mailboxMoved = true;
				while (!signal?.aborted) {
					while (mailboxMoved) {
						const read = await deps.readMailbox(viewer.deviceId, at, READ_LIMIT);
						if (read.epoch !== at.epoch) {
							at = { epoch: read.epoch, seq: 0 };
							yield tag({ type: 'epoch', epoch: read.epoch });
						}
						for (const delivered of read.signals) {
							at = { epoch: delivered.epoch, seq: delivered.seq };
							yield tag({ type: 'signal', signal: delivered });
						}
						mailboxMoved = read.signals.length === READ_LIMIT;
					}
					const woken = await queue.wait(signal, KEEP_DEVICE_INTERVAL_MS);
					if (!woken) await deps.keepDevice(viewer.deviceId, viewer.userId);
					for (const news of queue.take()) {
						if (news.type === 'mailbox') mailboxMoved = true;
						else if (news.type !== 'closed') {
							const item = await itemFor(news, viewer.userId);
							if (item) yield tag(item);
						}
					}
				}
			} finally {
				stop();
			}
		},

		/** The same news, pulled. Waits until there is some, or `waitMs` have passed. */
		async poll(
			viewer: Viewer,
			input: { cursor: Cursor; stateTag?: string | undefined; waitMs: number },
			signal: AbortSignal | undefined
		): Promise<InboxPage> {
			const { queue, stop } = listen(viewer);
			try {
				const deadline = performance.now() + input.waitMs;
				for (;;) {
					queue.take();
					const read = await deps.readMailbox(viewer.deviceId, input.cursor, READ_LIMIT);
					// Before the state is read: what changes meanwhile makes the tag differ again.
					const stateTag = changes.tagOf(viewer.userId);
					const stateMoved = stateTag !== input.stateTag;
					const signalsMoved = read.signals.length > 0 || read.epoch !== input.cursor.epoch;
					const left = deadline - performance.now();
					if (stateMoved || signalsMoved || left <= 0 || signal?.aborted) {
						return {
							cursor: { epoch: read.epoch, seq: read.signals.at(-1)?.seq ?? seqIn(read, input.cursor) },
							signals: read.signals,
							state: stateMoved ? await stateFor(viewer.userId) : null,
							stateTag
						};
					}
					await queue.wait(signal, left);
				}
			} finally {
				stop();
			}
		},

		close: () => changes.stop()
	};
}

/** Where a read that brought nothing leaves the cursor. */
function seqIn(read: MailboxRead, cursor: Cursor): number {
	return read.epoch === cursor.epoch ? Math.min(cursor.seq, read.head) : 0;
}
