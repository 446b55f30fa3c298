import { MultiMap } from '../bus/multi-map';
import type { Cursor, DeliveredSignal } from '../../call/core/signal';

/** What waits for one reader. Past this it reads the database, which keeps everything. */
const MOST_SIGNALS = 64;
const MOST_BYTES = 128 * 1024;

/** One reader's end: signals that were written on this server and not yet taken, ascending and without a hole. */
export type Lane = {
	/** What comes right after the cursor; empty when that is not here. */
	take(at: Cursor): DeliveredSignal[];
	close(): void;
};

const isAfter = (signal: DeliveredSignal, at: Cursor): boolean =>
	signal.epoch > at.epoch || (signal.epoch === at.epoch && signal.seq > at.seq);

const isNext = (signal: DeliveredSignal, at: Cursor): boolean =>
	signal.epoch === at.epoch && signal.seq === at.seq + 1;

/**
 * Hands signals, once they are committed, from the writer to the readers of the same server.
 *
 * It may drop whatever it likes: a reader takes only what is exactly next, and reads the rest from the database.
 */
export function createHandOver() {
	const lanes = new MultiMap<LaneBuffer>();

	return {
		open(deviceId: string): Lane {
			const lane = new LaneBuffer(() => lanes.delete(deviceId, lane));
			lanes.add(deviceId, lane);
			return lane;
		},

		/** Whether anybody here reads this mailbox. */
		hasReaders: (deviceId: string): boolean => lanes.has(deviceId),

		/** Signals of one mailbox that were just committed, ascending. Tell the bus after, not before. */
		offer(deviceId: string, signals: readonly DeliveredSignal[]): void {
			for (const lane of lanes.of(deviceId)) {
				for (const signal of signals) lane.add(signal);
			}
		}
	};
}

export type HandOver = ReturnType<typeof createHandOver>;

class LaneBuffer implements Lane {
	#signals: DeliveredSignal[] = [];
	#bytes = 0;

	constructor(readonly close: () => void) {}

	add(signal: DeliveredSignal): void {
		const last = this.#signals.at(-1);
		if (last && signal.epoch > last.epoch) this.#clear();
		else if (last && !isNext(signal, last)) return; // the reader finds the hole, and reads on from there
		const bytes = signal.envelope.body.length;
		if (this.#signals.length >= MOST_SIGNALS || this.#bytes + bytes > MOST_BYTES) return;
		this.#signals.push(signal);
		this.#bytes += bytes;
	}

	take(at: Cursor): DeliveredSignal[] {
		const unread = this.#signals.filter((signal) => isAfter(signal, at));
		const [first] = unread;
		if (first && !isNext(first, at)) {
			// Not its turn yet: the reader learns of what lies between from the database.
			this.#signals = unread;
			this.#bytes = unread.reduce((sum, { envelope }) => sum + envelope.body.length, 0);
			return [];
		}
		this.#clear();
		return unread;
	}

	#clear(): void {
		if (this.#signals.length > 0) this.#signals = [];
		this.#bytes = 0;
	}
}
