import { sql, type SQL } from 'drizzle-orm';
import type { SignalKind } from '../../call/core/signal';
import type { Db, Tx } from '../db/client';
import { DatabaseError } from '../db/database-error';
import { readCall } from './signals-call-query';
import type { MailboxLine, SignalLine, SignalsReport } from './signals-report';

/** What to narrow the report to (ids, or how they begin), and how many lines its lists may have. */
export type SignalsScope = { call: string | null; room: string | null; limit: number };

/** The ids that were meant. */
type Found = { callId: string | null; roomId: string | null };

/**
 * Reads the report in one read-only transaction, so that its parts are of one moment.
 *
 * @param servers the name that the servers' connections have (see `openDb`)
 * @throws {DatabaseError} when no server uses this database, or not exactly one thing has that id
 */
export async function readSignals(db: Db, servers: string, scope: SignalsScope): Promise<SignalsReport> {
	return db.transaction(
		async (tx) => {
			await requireServer(tx, servers);
			const found: Found = {
				callId: scope.call === null ? null : await findOne(tx, 'call', scope.call),
				roomId: scope.room === null ? null : await findOne(tx, 'room', scope.room)
			};
			return {
				v: 1,
				...found,
				...(await readTotals(tx, found)),
				...(await readKinds(tx, found)),
				...(await readMailboxes(tx, found, scope.limit)),
				signals: await readLastSignals(tx, found, scope.limit),
				call: found.callId === null ? null : await readCall(tx, found.callId)
			};
		},
		{ isolationLevel: 'repeatable read', accessMode: 'read only' }
	);
}

async function requireServer(tx: Tx, servers: string): Promise<void> {
	const connected = await tx.execute(sql`
		select from pg_stat_activity
		where datname = current_database() and application_name = ${servers} limit 1
	`);
	if (connected.length === 0) throw new DatabaseError('No running Parley is connected to this database.');
}

/** The one whose id begins so. */
async function findOne(tx: Tx, what: 'call' | 'room', beginning: string): Promise<string> {
	const first = beginning + '00000000-0000-0000-0000-000000000000'.slice(beginning.length);
	const last = beginning + 'ffffffff-ffff-ffff-ffff-ffffffffffff'.slice(beginning.length);
	const [one, other] = await tx.execute<{ id: string }>(sql`
		select id from ${sql.raw(`${what}s`)} where id between ${first}::uuid and ${last}::uuid limit 2
	`);
	if (!one) throw new DatabaseError(`There is no ${what} whose id begins with ${beginning}.`);
	if (other) throw new DatabaseError(`More than one ${what} begins with ${beginning}: give more of its id.`);
	return one.id;
}

/** Whether signal `s` of mailbox `m` was not acknowledged. */
const isWaiting = sql.raw('(s.epoch = m.epoch and s.seq > m.acked)');
const isOverdue = sql.raw(
	'(s.epoch = m.epoch and s.seq > m.acked and s.expires_at <= statement_timestamp())'
);
/** `float8`, because the driver answers a bigint as text. */
const age = sql.raw('floor(extract(epoch from statement_timestamp() - s.created_at) * 1000)::float8');

/** Whether the report is about this call. @param call its id, in SQL */
function inScope({ callId, roomId }: Found, call: string): SQL {
	if (callId !== null) return sql`${sql.raw(call)} = ${callId}::uuid`;
	if (roomId !== null) return sql`${sql.raw(call)} in (select id from calls where room_id = ${roomId}::uuid)`;
	return sql`true`;
}

const isWhole = ({ callId, roomId }: Found) => callId === null && roomId === null;

async function readTotals(tx: Tx, found: Found) {
	const [row] = await tx.execute<
		Pick<SignalsReport, 'now' | 'mailboxCount' | 'mailboxesRisen' | 'epochsRisen' | 'liveCalls'>
	>(sql`
		select
			floor(extract(epoch from statement_timestamp()) * 1000)::float8 as now,
			count(*)::int as "mailboxCount",
			count(*) filter (where m.epoch > 1)::int as "mailboxesRisen",
			coalesce(sum(m.epoch - 1), 0)::float8 as "epochsRisen",
			(select count(*) from calls c where c.phase <> 'ended' and ${inScope(found, 'c.id')})::int as "liveCalls"
		from mailboxes m
		where ${isWhole(found)} or m.id in (
			select d.device_id from call_devices d where ${inScope(found, 'd.call_id')}
		)
	`);
	if (!row) throw new Error('An aggregate answered no row.');
	return row;
}

async function readKinds(tx: Tx, found: Found): Promise<Pick<SignalsReport, 'waiting' | 'taken' | 'kinds'>> {
	type Row = {
		kind: SignalKind;
		waiting: number;
		taken: number;
		bytes: number;
		oldestMs: number | null;
		overdue: number;
	};
	const rows = await tx.execute<Row>(sql`
		select
			s.kind,
			count(*) filter (where ${isWaiting})::int as waiting,
			count(*) filter (where not ${isWaiting})::int as taken,
			coalesce(sum(octet_length(s.body)) filter (where ${isWaiting}), 0)::float8 as bytes,
			max(${age}) filter (where ${isWaiting}) as "oldestMs",
			count(*) filter (where ${isOverdue})::int as overdue
		from signals s join mailboxes m on m.id = s.mailbox_id
		where ${inScope(found, 's.call_id')}
		group by s.kind
	`);
	const sumOf = (field: 'waiting' | 'taken' | 'bytes' | 'overdue') =>
		rows.reduce((sum, row) => sum + row[field], 0);
	const countsOf = (kind: SignalKind) => {
		const { waiting = 0, taken = 0 } = rows.find((row) => row.kind === kind) ?? {};
		return { waiting, taken };
	};
	const ages = rows.map((row) => row.oldestMs).filter((oldest) => oldest !== null);
	return {
		waiting: {
			count: sumOf('waiting'),
			bytes: sumOf('bytes'),
			oldestMs: ages.length === 0 ? null : Math.max(...ages),
			overdue: sumOf('overdue')
		},
		taken: sumOf('taken'),
		kinds: { offer: countsOf('offer'), answer: countsOf('answer'), candidates: countsOf('candidates') }
	};
}

/** Of what a report is not narrowed to, the mailboxes worth a look: most belong to pages that just stand open. */
async function readMailboxes(
	tx: Tx,
	found: Found,
	limit: number
): Promise<Pick<SignalsReport, 'mailboxes' | 'moreMailboxes'>> {
	const whole = isWhole(found);
	const rows = await tx.execute<MailboxLine & { ofAll: number }>(sql`
		select
			m.id as "deviceId", u.id as "userId", u.username, u.display_name as "displayName",
			stay.call_id as "callId", stay.room_id as "roomId", stay.room_name as "roomName", stay.presence,
			m.epoch, m.head, m.acked,
			m.head - m.acked as waiting, waits.bytes as "waitingBytes", waits.oldest as "oldestMs",
			count(*) over ()::int as "ofAll"
		from mailboxes m
		join devices on devices.id = m.id
		join users u on u.id = devices.user_id
		left join lateral (
			select d.call_id, d.presence, c.room_id, ${roomName} as room_name
			from call_devices d join calls c on c.id = d.call_id join rooms r on r.id = c.room_id
			where d.device_id = m.id
				and ${whole ? sql`d.presence <> 'left' and c.phase <> 'ended'` : inScope(found, 'd.call_id')}
			order by d.joined_at desc limit 1
		) stay on true
		cross join lateral (
			select coalesce(sum(octet_length(s.body)), 0)::float8 as bytes, max(${age}) as oldest
			from signals s where m.head > m.acked and s.mailbox_id = m.id and ${isWaiting}
		) waits
		where stay.call_id is not null ${whole ? sql`or m.head > m.acked or m.epoch > 1` : sql``}
		order by waits.oldest desc nulls last, stay.call_id nulls last, u.display_name, m.id
		limit ${limit}
	`);
	return {
		mailboxes: rows.map(({ ofAll: _ofAll, ...mailbox }) => mailbox),
		moreMailboxes: Math.max(0, (rows[0]?.ofAll ?? 0) - rows.length)
	};
}

async function readLastSignals(tx: Tx, found: Found, limit: number): Promise<SignalLine[]> {
	const rows = await tx.execute<SignalLine>(sql`
		select
			s.kind, s.from_device_id as "fromDeviceId", sender.display_name as "fromName",
			s.mailbox_id as "toDeviceId", u.display_name as "toName", s.call_id as "callId", s.epoch, s.seq,
			octet_length(s.body) as bytes, ${age} as "ageMs",
			case when ${isOverdue} then 'overdue' when ${isWaiting} then 'waiting' else 'taken' end as state
		from signals s
		join mailboxes m on m.id = s.mailbox_id
		join devices on devices.id = m.id
		join users u on u.id = devices.user_id
		left join call_devices d on d.call_id = s.call_id and d.device_id = s.from_device_id
		left join users sender on sender.id = d.user_id
		where ${inScope(found, 's.call_id')}
		order by s.created_at desc, s.mailbox_id, s.seq desc
		limit ${limit}
	`);
	return [...rows];
}

/** Of room `r` with call `c`. A direct room has no name: it is known by its two people. */
const roomName = sql.raw(`case when r.kind = 'group' then r.name else (
	select string_agg(p.display_name, ' and ' order by p.display_name)
	from call_participants cp join users p on p.id = cp.user_id where cp.call_id = c.id
) end`);
