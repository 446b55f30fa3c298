import type { Cursor, DeliveredSignal } from '../call/core/signal';
import { assertNever, step, type Step } from '../call/core/step';

/**
 * The cursor of our own mailbox: what is applied, and what only tells us that something is missing.
 *
 * Stream items and poll pages may be lost, doubled, late or in any order, and both may come at once. Only the
 * next signal of the current epoch is applied; a lower one we have; a higher one shows a hole, and the mailbox
 * is read again from the cursor. So each signal is delivered once and in order, or the epoch rises.
 */
export type Reader = {
	readonly cursor: Cursor;
	/** The highest seq of this epoch that is known to exist. Past the cursor: there is something to read. */
	readonly known: number;
};

/** One signal with its place. `null`: it is there and cannot be read by us, so the cursor passes over it. */
export type Entry = { readonly at: Cursor; readonly signal: DeliveredSignal | null };

export type ReaderEvent =
	/** From the stream. */
	| { type: 'entry'; entry: Entry }
	/** From a poll. The epoch of `cursor` is the mailbox's own. */
	| { type: 'page'; cursor: Cursor; entries: readonly Entry[] }
	/** Anything else that says how far the mailbox is: an epoch item, the id of a state item. */
	| { type: 'position'; at: Cursor };

export type ReaderEffect =
	| { type: 'deliver'; signal: DeliveredSignal }
	| { type: 'epoch'; epoch: number }
	/** Read the mailbox from the cursor. */
	| { type: 'read' };

export function newReader(cursor: Cursor): Reader {
	return { cursor, known: cursor.seq };
}

/** Signals are known to exist that are not applied yet. */
export function hasHole(reader: Reader): boolean {
	return reader.known > reader.cursor.seq;
}

export function transition(reader: Reader, event: ReaderEvent): Step<Reader, ReaderEffect> {
	const effects: ReaderEffect[] = [];
	let next: Reader;
	switch (event.type) {
		case 'entry':
			next = apply(reader, event.entry, effects);
			break;
		case 'page':
			// The epoch first: a page of a new epoch may hold no signals yet.
			next = enterEpoch(reader, event.cursor.epoch, effects);
			for (const entry of event.entries) next = apply(next, entry, effects);
			next = learn(next, event.cursor);
			break;
		case 'position':
			next = learn(enterEpoch(reader, event.at.epoch, effects), event.at);
			break;
		default:
			return assertNever(event);
	}
	return hasHole(next) ? step(next, ...effects, { type: 'read' }) : step(next, ...effects);
}

function apply(reader: Reader, { at, signal }: Entry, effects: ReaderEffect[]): Reader {
	const current = enterEpoch(reader, at.epoch, effects);
	if (at.epoch !== current.cursor.epoch || at.seq <= current.cursor.seq) return current;
	if (at.seq > current.cursor.seq + 1) return learn(current, at);
	if (signal) effects.push({ type: 'deliver', signal });
	return { cursor: at, known: Math.max(current.known, at.seq) };
}

/** Unread signals of earlier epochs are void; the new one begins before its first signal. */
function enterEpoch(reader: Reader, epoch: number, effects: ReaderEffect[]): Reader {
	if (epoch <= reader.cursor.epoch) return reader;
	effects.push({ type: 'epoch', epoch });
	return newReader({ epoch, seq: 0 });
}

function learn(reader: Reader, at: Cursor): Reader {
	if (at.epoch !== reader.cursor.epoch || at.seq <= reader.known) return reader;
	return { ...reader, known: at.seq };
}
