import type { RoomMessage } from '../call/core/inbox';

/**
 * What this page knows of a room's numbered messages.
 *
 *   1 … from-1        from … to                 to+1 … head
 *   not asked for     `messages`: no holes      a gap: some may wait in `ahead`, the rest is asked for
 *
 * News may come in any order, twice or never: whatever is shown is contiguous, and `gapAfter` says what to ask.
 */
export type MessageLog = {
	/** The number of the first message shown; `to + 1` when none is. */
	readonly from: number;
	/** The number of the last message shown. */
	readonly to: number;
	/** Exactly `from … to`, ascending. */
	readonly messages: readonly RoomMessage[];
	/** Known messages that do not touch `messages` yet, ascending. */
	readonly ahead: readonly RoomMessage[];
	/** The highest number that is known to exist. */
	readonly head: number;
};

/** A log that shows nothing yet and stands at the end of a room with `lastN` messages. */
export function openLog(lastN: number): MessageLog {
	return { from: lastN + 1, to: lastN, messages: [], ahead: [], head: lastN };
}

/** Takes messages from wherever they come: live, a page, the answer to our own send. */
export function addMessages(log: MessageLog, incoming: readonly RoomMessage[]): MessageLog {
	const loose = new Map(log.ahead.map((message) => [message.n, message]));
	let head = log.head;
	for (const message of incoming) {
		head = Math.max(head, message.n);
		if (message.n < log.from || message.n > log.to) loose.set(message.n, message);
	}

	const before = run(loose, log.from - 1, -1).reverse();
	const after = run(loose, log.to + 1, 1);
	if (before.length === 0 && after.length === 0 && loose.size === log.ahead.length && head === log.head) {
		return log;
	}
	return {
		from: log.from - before.length,
		to: log.to + after.length,
		messages: [...before, ...log.messages, ...after],
		ahead: [...loose.values()].sort((a, b) => a.n - b.n),
		head
	};
}

/** Takes the messages from `n` on in one direction until one is missing. */
function run(loose: Map<number, RoomMessage>, n: number, direction: 1 | -1): RoomMessage[] {
	const found: RoomMessage[] = [];
	for (let message = loose.get(n); message; message = loose.get((n += direction))) {
		loose.delete(n);
		found.push(message);
	}
	return found;
}

/** Somebody says that the room is at `lastN`. */
export function noteHead(log: MessageLog, lastN: number): MessageLog {
	return lastN > log.head ? { ...log, head: lastN } : log;
}

/** What to ask the server for: everything after this number; null when nothing is missing. */
export function gapAfter(log: MessageLog): number | null {
	return log.to < log.head ? log.to : null;
}

/** Whether there are messages before the first one shown. */
export function hasEarlier(log: MessageLog): boolean {
	return log.from > 1;
}
