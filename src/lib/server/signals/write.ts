import { ParleyError, type ErrorDetails, type ErrorKey } from '../../call/core/errors';
import { MAX_SEND_BYTES, MAX_SIGNALS_PER_SEND, SIGNAL_LIFETIME_MS } from '../../call/core/limits';
import type { DeliveredSignal, SignalKind, SignalSend } from '../../call/core/signal';
import { assertNever } from '../../call/core/step';
import type { Bus } from '../bus/bus';
import type { Db } from '../db/client';
import { arrayText } from '../db/arrays';
import { FULLNESS } from './expire';
import type { HandOver } from './hand-over';

/** What became of one signal. Both `taken` and `repeated` mean: the mailbox has it, for good. */
export type SignalOutcome =
	| { n: number; status: 'taken' | 'repeated' }
	| { n: number; status: 'refused'; key: ErrorKey; details: ErrorDetails };

/** A signal on its way into the table; `send` and `at` say where its outcome belongs. */
type Row = {
	send: number;
	at: number;
	mailboxId: string;
	fromDeviceId: string;
	callId: string;
	n: number;
	kind: SignalKind;
	callVersion: number;
	/** base64, as Postgres reads it: a body that it cannot decode would fail the whole write. */
	body: string;
};

type Verdict = 'taken' | 'repeated' | 'not-in-call' | 'full' | 'gap';

type Written = {
	/** Its place in the rows. */
	i: number;
	verdict: Verdict;
	wanted: number;
	mailboxId: string;
	epoch: number;
	/** Of what was taken. */
	seq: number | null;
	/** Of what was taken: the sender's, or the call's own when that is lower. */
	callVersion: number | null;
};

type WriterDeps = {
	db: Db;
	bus: Bus;
	handOver: Pick<HandOver, 'hasReaders' | 'offer'>;
	/** Hears, after the commit, of each mailbox that had no room: its epoch must rise. */
	onFull: (deviceId: string) => void;
};

/** Writes many sends in one transaction. Every signal has its own outcome: a bad one never fails the others. */
export function createWriter({ db, bus, handOver, onFull }: WriterDeps) {
	/** One wake-up per mailbox that moved, with its newest seq; to who reads it here, the signals themselves. */
	function announce(written: readonly Written[], rows: readonly Row[]): void {
		const taken = written
			.filter((one) => one.verdict === 'taken')
			.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
		const moved = new Map<string, Written[]>();
		for (const one of taken) {
			const mine = moved.get(one.mailboxId);
			if (mine) mine.push(one);
			else moved.set(one.mailboxId, [one]);
		}
		for (const [mailboxId, mine] of moved) {
			const newest = mine.at(-1);
			if (!newest?.seq) continue;
			if (handOver.hasReaders(mailboxId)) {
				handOver.offer(
					mailboxId,
					mine.flatMap((one) => toDelivered(one, rows[one.i]))
				);
			}
			bus.publish([`device:${mailboxId}`], { type: 'mailbox', epoch: newest.epoch, head: newest.seq });
		}
		const full = new Set(written.filter((one) => one.verdict === 'full').map((one) => one.mailboxId));
		for (const deviceId of full) onFull(deviceId);
	}

	return async function writeSends(sends: readonly SignalSend[]): Promise<SignalOutcome[][]> {
		const outcomes = sends.map((send): SignalOutcome[] =>
			send.signals.map((_, at) => refused(send.firstN + at, 'signal/too-large'))
		);
		const rows = sends.flatMap((send, index) => (isTooLarge(send) ? [] : toRows(send, index)));
		if (rows.length === 0) return outcomes;

		const written = await writeRows(db, rows);

		const verdicts = new Map(written.map((one) => [one.i, one]));
		rows.forEach((row, i) => {
			const list = outcomes[row.send];
			if (list) list[row.at] = toOutcome(row.n, verdicts.get(i));
		});
		announce(written, rows);
		return outcomes;
	};
}

function isTooLarge({ signals }: SignalSend): boolean {
	const bytes = signals.reduce((sum, { body }) => sum + Buffer.byteLength(body, 'base64'), 0);
	return signals.length > MAX_SIGNALS_PER_SEND || bytes > MAX_SEND_BYTES;
}

function toRows(send: SignalSend, index: number): Row[] {
	return send.signals.map(({ kind, callVersion, body }, at) => ({
		send: index,
		at,
		mailboxId: send.toDeviceId,
		fromDeviceId: send.deviceId,
		callId: send.callId,
		n: send.firstN + at,
		kind,
		callVersion,
		body: Buffer.from(body, 'base64').toString('base64')
	}));
}

function refused(n: number, key: ErrorKey, details: ErrorDetails = {}): SignalOutcome {
	return { n, status: 'refused', key, details };
}

/**
 * Every refusal says which number the mailbox waits for: a sender that gives up on what was refused must go
 * on from there, or its next signals are taken for repetitions of what came before.
 */
function toOutcome(n: number, written: Written | undefined): SignalOutcome {
	if (!written) return refused(n, 'signal/not-in-call', { wanted: 1 });
	const { verdict, wanted } = written;
	switch (verdict) {
		case 'taken':
		case 'repeated':
			return { n, status: verdict };
		case 'not-in-call':
			return refused(n, 'signal/not-in-call', { wanted });
		case 'full':
			return refused(n, 'mailbox/full', { wanted });
		case 'gap':
			return refused(n, 'signal/gap', { wanted });
		default:
			return assertNever(verdict);
	}
}

/** The signal as the database would show it. */
function toDelivered({ epoch, seq, callVersion }: Written, row: Row | undefined): DeliveredSignal[] {
	if (!row || seq === null || callVersion === null) return [];
	const { callId, fromDeviceId, kind, body } = row;
	return [{ epoch, seq, callId, fromDeviceId, envelope: { v: 1, kind, callVersion, body } }];
}

/** The failure that a refused signal stands for. */
export function toFailure({ key, details }: Extract<SignalOutcome, { status: 'refused' }>): ParleyError {
	return new ParleyError(key, details);
}

/**
 * One statement and one round trip: `write_signals` (its migration says how) is a transaction of its own. Written for the
 * driver, not by drizzle: the same text each time, which Postgres has parsed and planned.
 */
async function writeRows(db: Db, rows: readonly Row[]): Promise<Written[]> {
	const columns = [
		rows.map((_, i) => i),
		rows.map((row) => row.mailboxId),
		rows.map((row) => row.fromDeviceId),
		rows.map((row) => row.callId),
		rows.map((row) => row.n),
		rows.map((row) => row.kind),
		rows.map((row) => row.callVersion),
		rows.map((row) => row.body)
	];
	try {
		return await db.$client.unsafe<Written[]>(WRITE, columns.map(arrayText));
	} catch (error) {
		throw withoutValues(error);
	}
}

/** What the driver throws carries what was asked: the signals, that nobody may find in a log. */
function withoutValues(error: unknown): Error {
	const { message, code } = error as Error & { code?: unknown };
	return Object.assign(new Error(message), { code });
}

const WRITE = `
	select * from write_signals(
		$1, $2, $3, $4, $5, $6, $7, $8, interval '${SIGNAL_LIFETIME_MS} milliseconds', ${FULLNESS}
	)
`;
