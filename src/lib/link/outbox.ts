import type { ErrorKey } from '../call/core/errors';
import { MAX_SEND_BYTES, MAX_SIGNALS_PER_SEND } from '../call/core/limits';
import type { SignalEnvelope } from '../call/core/signal';
import { assertNever, step, type Step } from '../call/core/step';
import { jitteredWait, RETRY_CAP_MS, type Wait } from './backoff';

/**
 * What one device still has to say to one mailbox.
 *
 *   queued ──► in flight (numbers fixed) ── taken ──► gone
 *                 │  ▲
 *        failed · │  │ retry-due: the SAME numbers again
 *      unanswered └──┘
 *
 * Signals are numbered n = 1, 2, … for the device's whole life, and the mailbox knows each number for its whole
 * life: so a send whose answer was lost is simply repeated. One send is in flight; what is queued meanwhile
 * gathers behind it, so that candidates never overtake their offer.
 */
export type Outbox = {
	/** Not yet taken, in order. The flight's signals are the first of them. */
	readonly queue: readonly NumberedSignal[];
	readonly nextN: number;
	/** The mailbox has said that it has everything up to here. */
	readonly takenN: number;
	readonly flight: Flight | null;
	/** Distinguishes this flight from those before it. */
	readonly lastFlight: number;
	/** Tries of this flight that came to nothing, in a row. */
	readonly failures: number;
	/** Gaps in a row: a mailbox that wants another number each time is not to be reasoned with. */
	readonly gaps: number;
};

export type NumberedSignal = {
	readonly n: number;
	readonly callId: string;
	readonly envelope: SignalEnvelope;
};

type Flight = {
	readonly id: number;
	readonly signals: readonly NumberedSignal[];
	/** Tries without an outcome. A refusal waits for them: one of them may still be taken. */
	readonly open: number;
	readonly resting: boolean;
	readonly refusal: Refusal | null;
	/** A try ended without an answer while another was open: it may have been taken after that one was refused. */
	readonly doubt: boolean;
};

/** `wanted`: the number the mailbox waits for, when it said so. */
export type Refusal = { readonly key: ErrorKey; readonly wanted: number | null };

export type OutboxEvent =
	| { type: 'queued'; callId: string; envelope: SignalEnvelope }
	/** The mailbox has all of the flight, from this try or an earlier one. */
	| { type: 'taken'; flight: number }
	| { type: 'refused'; flight: number; refusal: Refusal }
	/** The try ended without an answer: nobody knows what became of it. */
	| { type: 'failed'; flight: number }
	/** The socket has been silent for too long. The try may still be answered. */
	| { type: 'unanswered'; flight: number }
	| { type: 'retry-due'; flight: number };

export type OutboxEffect =
	/** `way: 'any'`: the socket while the stream stands. */
	| { type: 'send'; flight: number; signals: readonly NumberedSignal[]; way: 'any' | 'http' }
	| ({ type: 'rest'; flight: number } & Wait)
	/** The signals of this call will not arrive; they are dropped. */
	| { type: 'refuse'; callId: string; key: ErrorKey };

const MAX_GAPS = 3;
const RETRY_WITHIN_MS = 500;

type Next = Step<Outbox, OutboxEffect>;

export const emptyOutbox: Outbox = {
	queue: [],
	nextN: 1,
	takenN: 0,
	flight: null,
	lastFlight: 0,
	failures: 0,
	gaps: 0
};

export function transition(outbox: Outbox, event: OutboxEvent): Next {
	if (event.type === 'queued') {
		const signal = { n: outbox.nextN, callId: event.callId, envelope: event.envelope };
		return launch({ ...outbox, queue: [...outbox.queue, signal], nextN: outbox.nextN + 1 });
	}
	const { flight } = outbox;
	// An answer to a flight that is settled already.
	if (!flight || flight.id !== event.flight) return step(outbox);
	switch (event.type) {
		case 'taken':
			return launch({
				...outbox,
				queue: outbox.queue.slice(flight.signals.length),
				takenN: flight.signals.at(-1)?.n ?? outbox.takenN,
				flight: null,
				failures: 0,
				gaps: 0
			});
		case 'refused':
			return settle(outbox, { ...flight, open: flight.open - 1, refusal: event.refusal });
		case 'failed':
			return settle(outbox, {
				...flight,
				open: flight.open - 1,
				doubt: flight.doubt || flight.open > 1 || flight.refusal !== null
			});
		case 'unanswered':
			if (flight.refusal) return step(outbox);
			return again(outbox, flight);
		case 'retry-due':
			if (!flight.resting) return step(outbox);
			return again(outbox, flight);
		default:
			return assertNever(event);
	}
}

/** The next flight, when none is up: as many as fit, all of one call. */
function launch(outbox: Outbox): Next {
	const first = outbox.queue[0];
	if (outbox.flight || !first) return step(outbox);
	let bytes = 0;
	const end = outbox.queue.findIndex((signal, index) => {
		bytes += byteLength(signal.envelope);
		return (
			index > 0 && (index >= MAX_SIGNALS_PER_SEND || bytes > MAX_SEND_BYTES || signal.callId !== first.callId)
		);
	});
	const signals = end === -1 ? outbox.queue : outbox.queue.slice(0, end);
	const id = outbox.lastFlight + 1;
	return step(
		{
			...outbox,
			flight: { id, signals, open: 1, resting: false, refusal: null, doubt: false },
			lastFlight: id
		},
		{ type: 'send', flight: id, signals, way: 'any' }
	);
}

/** The same numbers once more, past whatever swallowed them. */
function again(outbox: Outbox, flight: Flight): Next {
	return step(
		{ ...outbox, flight: { ...flight, open: flight.open + 1, resting: false } },
		{ type: 'send', flight: flight.id, signals: flight.signals, way: 'http' }
	);
}

function settle(outbox: Outbox, flight: Flight): Next {
	if (flight.open > 0) return step({ ...outbox, flight });
	// In doubt, one more try, alone: it is taken for a repetition, or refused with a number that is still true.
	if (flight.refusal && !flight.doubt) return giveWay({ ...outbox, flight }, flight.signals, flight.refusal);
	if (flight.resting) return step({ ...outbox, flight });
	const failures = outbox.failures + 1;
	return step(
		{ ...outbox, failures, flight: { ...flight, resting: true, refusal: null, doubt: false } },
		{ type: 'rest', flight: flight.id, ...jitteredWait(failures, RETRY_WITHIN_MS, RETRY_CAP_MS) }
	);
}

/**
 * No try of the flight is on its way any more, and the mailbox does not take it. What was refused is dropped;
 * what follows goes on from the number the mailbox wants, because a number it knows would be taken for a
 * repetition and one past it for a gap.
 */
function giveWay(outbox: Outbox, signals: readonly NumberedSignal[], { key, wanted }: Refusal): Next {
	if (key === 'signal/gap' && wanted !== null && wanted > outbox.takenN && outbox.gaps < MAX_GAPS) {
		// What lies between was refused and dropped earlier, so nothing is missing: these take its numbers. (A mailbox
		// that wants what it acknowledged has forgotten it, and so have we: that is a refusal.)
		return launch(renumber({ ...outbox, flight: null, gaps: outbox.gaps + 1 }, wanted));
	}
	// A call that is over says nothing about the next one, which may wait in the same queue.
	const refusedCallId = key === 'signal/not-in-call' ? signals[0]?.callId : undefined;
	const drops = (signal: NumberedSignal) => refusedCallId === undefined || signal.callId === refusedCallId;
	const callIds = [...new Set(outbox.queue.filter(drops).map((signal) => signal.callId))];
	const rest = {
		...outbox,
		flight: null,
		failures: 0,
		gaps: 0,
		queue: outbox.queue.filter((one) => !drops(one))
	};
	const next = launch(wanted === null ? rest : renumber(rest, wanted));
	const refusals = callIds.map((callId): OutboxEffect => ({ type: 'refuse', callId, key }));
	return step(next.state, ...refusals, ...next.effects);
}

function renumber(outbox: Outbox, from: number): Outbox {
	const queue = outbox.queue.map((signal, index) => ({ ...signal, n: from + index }));
	return { ...outbox, queue, nextN: from + queue.length, takenN: from - 1 };
}

/** Bytes of the body that this envelope's base64 stands for. */
export function byteLength({ body }: SignalEnvelope): number {
	const padding = body.endsWith('==') ? 2 : body.endsWith('=') ? 1 : 0;
	return (body.length / 4) * 3 - padding;
}
