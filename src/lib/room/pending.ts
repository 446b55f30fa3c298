import type { CallText } from '../call/core/channel-message';
import type { CallLine, RoomMessage } from '../call/core/inbox';
import type { MessageLog } from './message-log';

/** A message of ours that the log does not show yet. */
export type OutgoingMessage = {
	readonly id: string;
	readonly body: string;
	/** Unix milliseconds on this device's clock. */
	readonly createdAt: number;
	/** waiting: the server is out of reach, and it is tried again by itself. failed: the server said no. */
	readonly status: 'sending' | 'waiting' | 'sent' | 'failed';
	/** With `failed`: why, in words. */
	readonly problem: string;
	/** Somebody in the room's call was handed it. */
	readonly inCall: boolean;
};

/** What somebody in the room's call has said to us, and the log does not show yet. */
export type HeardMessage = Omit<CallText, 'roomId'> & {
	/** When we heard it, Unix milliseconds on this device's clock. */
	readonly createdAt: number;
	/** The room has not had it for so long that its reader is told. */
	readonly onlyInCall: boolean;
};

/**
 * What is written in a room and not in its log as this page shows it: in the order of writing and hearing.
 *
 * The room is the record. What is said in its call as well is the same message under the same id, and author and id
 * together are what it is known by (ids are chosen by their authors): whatever comes first, by whichever way and however
 * often, it is shown once; and once the log shows it, it is the log's.
 */
export type Pending =
	| ({ readonly own: true; readonly authorId: string } & OutgoingMessage)
	| ({ readonly own: false } & HeardMessage);

/** More than this of one author is not kept: the room brings it. */
export const MAX_HEARD_OF_ONE = 200;
/** A message that has come by the call is in the room within this, as long as its author's server can be reached. */
export const ROOM_HAS_IT_WITHIN_MS = 10_000;

const keyOf = ({ authorId, id }: { authorId: string; id: string }) => `${authorId} ${id}`;

export function write(
	pending: readonly Pending[],
	message: Pick<OutgoingMessage, 'id' | 'body' | 'createdAt' | 'inCall'> & { authorId: string }
): readonly Pending[] {
	if (pending.some((one) => keyOf(one) === keyOf(message))) return pending;
	return [...pending, { ...message, own: true, status: 'sending', problem: '' }];
}

export function hear(
	pending: readonly Pending[],
	log: MessageLog,
	{ id, authorId, authorName, body }: Omit<CallText, 'roomId'>,
	now: number
): readonly Pending[] {
	const key = keyOf({ authorId, id });
	const known = (one: Pending | RoomMessage) => keyOf(one) === key;
	const ofAuthor = pending.filter((one) => one.authorId === authorId).length;
	if (ofAuthor >= MAX_HEARD_OF_ONE || pending.some(known) || log.messages.some(known)) return pending;
	return [...pending, { own: false, id, authorId, authorName, body, createdAt: now, onlyInCall: false }];
}

/** Changes what is known of one of our own. */
export function mark(
	pending: readonly Pending[],
	id: string,
	change: Partial<Pick<OutgoingMessage, 'status' | 'problem' | 'inCall'>>
): readonly Pending[] {
	return pending.map((one) => (one.own && one.id === id ? { ...one, ...change } : one));
}

/** Gives up on one of our own; not while it is on its way. */
export function discard(pending: readonly Pending[], id: string): readonly Pending[] {
	const mayGo = (one: Pending) => one.own && (one.status === 'failed' || one.status === 'waiting');
	return pending.filter((one) => one.id !== id || !mayGo(one));
}

/** What the log shows is the log's from then on. */
export function settle(pending: readonly Pending[], log: MessageLog): readonly Pending[] {
	if (pending.length === 0) return pending;
	const shown = new Set(log.messages.map(keyOf));
	const left = pending.filter((one) => !shown.has(keyOf(one)));
	return left.length === pending.length ? pending : left;
}

/** The room should have had it by now. */
export function noteOverdue(
	pending: readonly Pending[],
	late: { authorId: string; id: string }
): readonly Pending[] {
	return pending.map((one) => (!one.own && keyOf(one) === keyOf(late) ? { ...one, onlyInCall: true } : one));
}

export const outgoingOf = (pending: readonly Pending[]) =>
	pending.filter((one): one is Extract<Pending, { own: true }> => one.own);

/** One line of the room, as it is shown. */
export type Line = {
	/** The same before and after the room has it, so that it is drawn, and read aloud, once. */
	readonly key: string;
	readonly authorId: string;
	readonly authorName: string;
	readonly body: string;
	readonly createdAt: number;
	/** The room's number; null while the log does not show it. */
	readonly n: number | null;
	readonly call: CallLine | null;
	/** Only where the log does not show it. */
	readonly pending: Pending | null;
};

/** The room's own in their order, and behind them what it does not have yet. */
export function linesOf(log: MessageLog, pending: readonly Pending[]): Line[] {
	return [
		...log.messages.map(({ n, authorId, authorName, body, createdAt, call, id }) => ({
			...{ key: keyOf({ authorId, id }), authorId, authorName, body, createdAt, n, call },
			pending: null
		})),
		...settle(pending, log).map((one) => ({
			key: keyOf(one),
			authorId: one.authorId,
			authorName: one.own ? '' : one.authorName,
			body: one.body,
			createdAt: one.createdAt,
			n: null,
			call: null,
			pending: one
		}))
	];
}

/** Whether there is something new to read at the end, and not only what was read before or is longer ago. */
export function hasNews(before: readonly Line[], now: readonly Line[]): boolean {
	const known = new Set(before.map(({ key }) => key));
	const last = before.findLast(({ n }) => n !== null)?.n ?? 0;
	return now.some(({ key, n }) => !known.has(key) && (n === null || n > last));
}
