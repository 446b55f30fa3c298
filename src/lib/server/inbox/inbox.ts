import { randomBytes } from 'node:crypto';
import type {
	InboxItem,
	InboxPage,
	RoomHead,
	RoomMessage,
	Standing,
	ViewerState
} from '../../call/core/inbox';
import { formatEventId, parseEventId, type Cursor } from '../../call/core/signal';
import type { CallSnapshot } from '../../call/core/snapshot';
import type { Bus, Topic } from '../bus/bus';
import { RecentMap } from '../bus/recent-map';
import { createChanges } from './changes';
import { isBehind, MailboxReader, type Mailboxes, type MailboxRead } from './mailbox-reader';
import { NewsQueue, type Waking } from './news-queue';

/** What is kept of what viewers see. */
const MOST_STATES = 1_000;
type KeptState = Omit<ViewerState, 'serverNow'>;

/** Whose stream it is. `identityId` is the session or token that opened it: when it ends, so does the stream. */
export type Viewer = { deviceId: string; userId: string; identityId: string };

/** What the inbox merges. Each is one function of another room, passed in by `wire.ts`. */
type InboxDeps = Mailboxes & {
	bus: Bus;
	now: () => number;
	/** Whether a session, token or device ended before one could listen for its end. */
	hasEnded: (topic: Topic) => boolean;
	/** Hears that news may have been missed that nobody can find any more. */
	onLost: (listener: () => void) => void;
	/** Keeps what was asked about this viewer known while somebody reads. @returns what lets go of it */
	holdViewer: (viewer: Viewer) => () => void;
	liveCalls: (userId: string) => Promise<CallSnapshot[]>;
	callFor: (callId: string, userId: string) => Promise<CallSnapshot | null>;
	standing: (userId: string) => Promise<Standing>;
	roomHeads: (userId: string) => Promise<RoomHead[]>;
	roomHead: (roomId: string, userId: string) => Promise<RoomHead | null>;
	messageByN: (roomId: string, n: number) => Promise<RoomMessage | null>;
};

export type Inbox = ReturnType<typeof createInbox>;

/** A device's one stream: state, room logs and mailbox merged. The poll reads the same by the same cursor. */
export function createInbox(deps: InboxDeps) {
	const { bus } = deps;
	const serverId = randomBytes(6).toString('hex');
	const changes = createChanges(bus, serverId);
	const states = new RecentMap<{ tag: string; state: Promise<KeptState> }>(MOST_STATES, () =>
		performance.now()
	);
	const readers = new Set<NewsQueue>();
	let itemsSent = 0;

	deps.onLost(() => {
		changes.doubt();
		for (const queue of readers) queue.push({ type: 'lost' });
	});

	async function readState(userId: string): Promise<KeptState> {
		const [calls, rooms, standing] = await Promise.all([
			deps.liveCalls(userId),
			deps.roomHeads(userId),
			deps.standing(userId)
		]);
		return { calls, rooms, ...standing };
	}

	/** Read once for each tag: who comes back asks by a poll, and again by a stream in the next moment. */
	async function stateFor(userId: string): Promise<ViewerState> {
		const tag = changes.tagOf(userId);
		let kept = states.get(userId);
		if (kept?.tag !== tag) {
			kept = { tag, state: readState(userId) };
			states.set(userId, kept);
		}
		try {
			return { serverNow: deps.now(), ...(await kept.state) };
		} catch (error) {
			if (states.get(userId) === kept) states.delete(userId);
			throw error;
		}
	}

	/** Everything one reader needs, from the moment it listens on. */
	function listen(viewer: Viewer, signal: AbortSignal | undefined) {
		const queue = new NewsQueue(signal);
		const deviceTopic: Topic = `device:${viewer.deviceId}`;
		const identityTopic: Topic = `session:${viewer.identityId}`;
		// A device that ended is asked for anew; a session that ended asks for nothing any more.
		const close = (topic: Topic) =>
			queue.close(topic === deviceTopic ? 'device/not-found' : 'auth/session-expired');
		const stop = bus.subscribe([`user:${viewer.userId}`, deviceTopic, identityTopic], (news, topic) => {
			if (news.type === 'closed') close(topic);
			else queue.push(news);
		});
		for (const topic of [deviceTopic, identityTopic]) if (deps.hasEnded(topic)) close(topic);
		const release = deps.holdViewer(viewer);
		const mailbox = new MailboxReader(deps, viewer.deviceId);
		readers.add(queue);
		return {
			queue,
			mailbox,
			stop() {
				readers.delete(queue);
				mailbox.close();
				release();
				stop();
				queue.stop();
			}
		};
	}

	/** The item a wake-up stands for, read now; null when there is nothing to show for it any more. */
	async function itemFor(
		news: Exclude<Waking, { type: 'mailbox' }>,
		userId: string
	): Promise<InboxItem | null> {
		switch (news.type) {
			case 'call': {
				const call = await deps.callFor(news.callId, userId);
				return call && { type: 'call', call };
			}
			case 'standing':
				return { type: 'standing', ...(await deps.standing(userId)) };
			case 'room':
			case 'membership': {
				// Looked up in either case: who was taken out may be in again by now.
				const room = await deps.roomHead(news.roomId, userId);
				if (!room) return { type: 'room-gone', roomId: news.roomId };
				const message = room.lastN > 0 ? await deps.messageByN(room.id, room.lastN) : null;
				return { type: 'room', room, message };
			}
			case 'lost':
				return { type: 'state', state: await stateFor(userId) };
		}
	}

	return {
		/**
		 * Follows everything this viewer can see, from the cursor in `lastEventId` on.
		 *
		 * Subscribes first and replays then, so nothing falls between; begins with one `state` item. Nothing is read
		 * ahead of who consumes it: what they do not take stays in the mailbox.
		 */
		async *follow(
			viewer: Viewer,
			lastEventId: string | undefined,
			signal: AbortSignal | undefined
		): AsyncGenerator<{ id: string; item: InboxItem }, void, void> {
			const { queue, mailbox, stop } = listen(viewer, signal);
			try {
				queue.take(); // nothing yet but, perhaps, that nobody may read on
				let at = lastEventId ? parseEventId(lastEventId) : await mailbox.head();
				const tag = (item: InboxItem) => {
					itemsSent += 1;
					return { id: formatEventId(at, `${serverId}-${itemsSent.toString(36)}`), item };
				};

				yield tag({ type: 'state', state: await stateFor(viewer.userId) });

				let mailboxMoved = true;
				/** The furthest that the mailbox was told to be. */
				let told = at;
				while (!signal?.aborted) {
					while (mailboxMoved) {
						const read = await mailbox.readOn(at);
						if (read.epoch !== at.epoch) {
							at = { epoch: read.epoch, seq: 0 };
							yield tag({ type: 'epoch', epoch: read.epoch });
						}
						for (const delivered of read.signals) {
							at = { epoch: delivered.epoch, seq: delivered.seq };
							yield tag({ type: 'signal', signal: delivered });
						}
						mailboxMoved = read.signals.length > 0 && (at.seq < read.head || isBehind(at, told));
					}
					await queue.wait();
					for (const news of queue.take()) {
						if (news.type === 'mailbox') {
							const head = { epoch: news.epoch, seq: news.head };
							if (isBehind(told, head)) told = head;
							mailboxMoved ||= isBehind(at, head);
							continue;
						}
						mailboxMoved ||= news.type === 'lost';
						const item = await itemFor(news, viewer.userId);
						if (item) yield tag(item);
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
			const { queue, mailbox, stop } = listen(viewer, signal);
			try {
				const deadline = performance.now() + input.waitMs;
				queue.take(); // as above
				let read = await mailbox.readOn(input.cursor);
				for (;;) {
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
					await queue.wait(left);
					const mailboxMoved = queue.take().some((news) => news.type === 'mailbox' || news.type === 'lost');
					if (mailboxMoved) read = await mailbox.readOn(input.cursor);
				}
			} finally {
				stop();
			}
		}
	};
}

/** Where a read that brought nothing leaves the cursor. */
function seqIn(read: MailboxRead, cursor: Cursor): number {
	return read.epoch === cursor.epoch ? Math.min(cursor.seq, read.head) : 0;
}
