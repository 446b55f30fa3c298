import { sql, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { ParleyError, type ErrorDetails, type ErrorKey } from '../../call/core/errors';
import { MAX_SEND_BYTES, MAX_SIGNALS_PER_SEND, SIGNAL_LIFETIME_MS } from '../../call/core/limits';
import type { DeliveredSignal, SignalKind, SignalSend } from '../../call/core/signal';
import { assertNever } from '../../call/core/step';
import type { Bus } from '../bus/bus';
import type { Db } from '../db/client';
import { arrayText } from '../db/arrays';
import { isFull } from './expire';
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
	i: number;
	verdict: Verdict;
	wanted: number;
	mailboxId: string;
	epoch: number;
	head: number;
	/** Of what was taken. */
	seq: number | null;
	/** The sender's, or the call's own when that is lower. */
	callVersion: number;
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
			if (!newest) continue;
			if (handOver.hasReaders(mailboxId)) {
				handOver.offer(
					mailboxId,
					mine.flatMap((one) => toDelivered(one, rows[one.i]))
				);
			}
			bus.publish([`device:${mailboxId}`], { type: 'mailbox', epoch: newest.epoch, head: newest.head });
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
	if (!row || seq === null) return [];
	const { callId, fromDeviceId, kind, body } = row;
	return [{ epoch, seq, callId, fromDeviceId, envelope: { v: 1, kind, callVersion, body } }];
}

/** The failure that a refused signal stands for. */
export function toFailure({ key, details }: Extract<SignalOutcome, { status: 'refused' }>): ParleyError {
	return new ParleyError(key, details);
}

/**
 * Both statements are sent together, and Postgres runs them one after the other. The second one's snapshot is newer than
 * the locks, so it sees every write before it; in one statement with them it would be older, and leave a head without a
 * row. Written for the driver, not by drizzle: the same text each time, which Postgres has parsed and planned.
 */
async function writeRows(db: Db, rows: readonly Row[]): Promise<Written[]> {
	const mailboxIds = rows.map((row) => row.mailboxId);
	const columns = [
		rows.map((_, i) => i),
		mailboxIds,
		rows.map((row) => row.fromDeviceId),
		rows.map((row) => row.callId),
		rows.map((row) => row.n),
		rows.map((row) => row.kind),
		rows.map((row) => row.callVersion),
		rows.map((row) => row.body)
	];
	const [, written] = await db.$client.begin('isolation level read committed', (tx) => [
		tx.unsafe(LOCK, [arrayText([...new Set(mailboxIds)])]),
		tx.unsafe<Written[]>(WRITE, columns.map(arrayText))
	]);
	return written;
}

/**
 * Locks the mailboxes in the order of their ids, as everybody does (`locks.ts`), and leaves word of which there are: one
 * that was made after the locks were taken is not ours to write to.
 */
const LOCK = `
	select set_config('parley.locked', coalesce(string_agg(id::text, ','), ''), true)
	from (select id from mailboxes where id = any($1::uuid[]) order by id for update) locked
`;

const lifetime: SQL = sql.raw(`interval '${SIGNAL_LIFETIME_MS} milliseconds'`);

/**
 * What a row meets, in this order: a number the mailbox knows is a repetition, whatever has ended since; then
 * call and devices must live; then the mailbox must have room; then the number must be the next one. Rows that
 * came in one batch count as if they had come one after the other, each sender's in the order of its numbers.
 */
const { sql: WRITE } = new PgDialect().sqlToQuery(sql`
		with sent as (
			select * from unnest(
				$1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::bigint[], $8::text[]
			) as t (i, mailbox_id, from_device_id, call_id, n, kind, call_version, body)
		),
		boxes as (
			select m.id, m.epoch, m.head, ${isFull} as is_full
			from mailboxes m where m.id = any(string_to_array(current_setting('parley.locked'), ',')::uuid[])
		),
		judged as (
			select sent.*, boxes.epoch, boxes.head, boxes.is_full, coalesce(known.last_n, 0) as last_n,
				-- What it had seen cannot be newer than what there is.
				least(sent.call_version, coalesce(calls.version, 1)) as seen_version,
				sender.device_id is not null and receiver.device_id is not null as is_live
			from sent
			join boxes on boxes.id = sent.mailbox_id
			left join mailbox_senders known
				on known.mailbox_id = sent.mailbox_id and known.from_device_id = sent.from_device_id
			left join calls on calls.id = sent.call_id and calls.phase <> 'ended'
			left join call_devices sender on sender.call_id = calls.id
				and sender.device_id = sent.from_device_id and sender.presence <> 'left'
			left join call_devices receiver on receiver.call_id = calls.id
				and receiver.device_id = sent.mailbox_id and receiver.presence <> 'left'
		),
		fresh as (
			select distinct on (mailbox_id, from_device_id, n) *
			from judged where n > last_n and is_live and not is_full
			order by mailbox_id, from_device_id, n, i
		),
		chained as (
			select *, min(i) over sender as first_i, row_number() over (sender order by n) as nth
			from fresh window sender as (partition by mailbox_id, from_device_id)
		),
		taken as (
			select *, head + row_number() over (partition by mailbox_id order by first_i, n) as seq
			from chained where n = last_n + nth
		),
		written as (
			insert into signals
				(mailbox_id, epoch, seq, from_device_id, call_id, call_version, kind, body, expires_at)
			select mailbox_id, epoch, seq, from_device_id, call_id, seen_version, kind::signal_kind,
				decode(body, 'base64'), clock_timestamp() + ${lifetime}
			from taken
		),
		raised as (
			update mailboxes set head = newest.seq
			from (select mailbox_id, max(seq) as seq from taken group by mailbox_id) newest
			where mailboxes.id = newest.mailbox_id
			returning mailboxes.id, mailboxes.head
		),
		remembered as (
			insert into mailbox_senders as known (mailbox_id, from_device_id, last_n)
			select mailbox_id, from_device_id, max(n) from taken group by mailbox_id, from_device_id
			on conflict (mailbox_id, from_device_id) do update set last_n = excluded.last_n
			returning known.mailbox_id, known.from_device_id, known.last_n
		)
		select judged.i, judged.mailbox_id as "mailboxId", judged.epoch,
			coalesce(raised.head, judged.head) as head,
			coalesce(remembered.last_n, judged.last_n) + 1 as wanted,
			case
				when taken.i = judged.i then 'taken'
				when judged.n <= coalesce(remembered.last_n, judged.last_n) then 'repeated'
				when not judged.is_live then 'not-in-call'
				when judged.is_full then 'full'
				else 'gap'
			end as verdict,
			taken.seq::int as seq, judged.seen_version::int as "callVersion"
		from judged
		left join taken on taken.i = judged.i
		left join raised on raised.id = judged.mailbox_id
		left join remembered on remembered.mailbox_id = judged.mailbox_id
			and remembered.from_device_id = judged.from_device_id
`);
