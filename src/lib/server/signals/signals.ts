import type { SignalSend } from '../../call/core/signal';
import type { Bus } from '../bus/bus';
import type { Db } from '../db/client';
import { createExpiry } from './expire';
import { createGatherer } from './gather';
import { createHandOver } from './hand-over';
import { createReader } from './read';
import { createWriter, toFailure, type SignalOutcome } from './write';

/** One transaction writes at most this many signals. */
const MAX_ROWS_PER_WRITE = 200;

type SignalsDeps = {
	db: Db;
	bus: Bus;
	/** A send found this device's mailbox full: its epoch must rise. The sweeper would find it too, later. */
	onFull?: (deviceId: string) => void;
};

/**
 * The devices' mailboxes. The promise: every acknowledged signal takes effect once, in its sender's order, or both
 * ends see the same epoch rise.
 */
export function createSignals({ db, bus, onFull = () => {} }: SignalsDeps) {
	const handOver = createHandOver();
	const writeSends = createWriter({ db, bus, handOver, onFull });
	const gather = createGatherer<SignalSend, SignalOutcome[]>({
		write: writeSends,
		sizeOf: (send) => send.signals.length,
		maxSize: MAX_ROWS_PER_WRITE
	});

	return {
		...createReader({ db }),
		...createExpiry({ db }),
		writeSends,

		/** Where a reader on this server finds what was written here. */
		openLane: handOver.open,

		/**
		 * Puts signals into a device's mailbox. Answers after the commit. A send is taken whole or, but for what the
		 * mailbox already has, not at all.
		 *
		 * @throws {ParleyError} `signal/gap`, `signal/not-in-call` and `mailbox/full` with the number `wanted` next;
		 * `signal/too-large`
		 */
		async send(send: SignalSend): Promise<{ outcomes: { n: number; status: 'taken' | 'repeated' }[] }> {
			const outcomes = (await gather(send)).map((outcome) => {
				if (outcome.status === 'refused') throw toFailure(outcome);
				return outcome;
			});
			return { outcomes };
		}
	};
}

export type Signals = ReturnType<typeof createSignals>;
