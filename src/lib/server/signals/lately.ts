import type postgres from 'postgres';
import { SIGNAL_LIFETIME_MS } from '../../call/core/limits';
import { MISSED_INVITES } from '../../call/core/outcome';

/**
 * Something that moved lately. Its numbers only rise, so whoever remembers the last ones knows what is news.
 * An ending's `id` is its bus topic.
 */
export type Finding =
	| { kind: 'mailbox'; id: string; epoch: number; head: number }
	| { kind: 'call'; id: string; version: number }
	| { kind: 'room'; id: string; stamp: number }
	| { kind: 'ending'; id: string; roomId: string | null; stamp: number };

/** One person who must hear of a call or a room; `missed`: and that the count of their missed calls moved. */
export type Listener = { id: string; userId: string; missed: boolean };

/** A transaction commits later than it takes its stamp. None of ours takes this long. */
const MARGIN_MS = 10_000;
/** Endings are swept after a minute: who has not looked for longer than this may have missed some. */
export const LONGEST_WINDOW_MS = 45_000;

type Row = { kind: 'now' | Finding['kind']; id: string; room_id: string | null; a: number; b: number };

/**
 * The one statement with which a server asks what has moved. Each arm starts from an index on an instant and looks
 * the rest up by key.
 *
 * @param since the database's clock when this was last asked and answered, Unix milliseconds; 0 for never
 */
export function latelyStatement(sql: postgres.Sql, since: number) {
	// Written out in each arm: a subquery would hide the instant from the planner, and cost the index.
	const from = sql`(
		greatest(
			least(to_timestamp(${since}::float8 / 1000), statement_timestamp()),
			statement_timestamp() - ${LONGEST_WINDOW_MS}::float8 * interval '1 millisecond'
		) - ${MARGIN_MS}::float8 * interval '1 millisecond'
	)`;
	return sql<Row[]>`
		select 'now' as kind, '' as id, null::text as room_id,
			extract(epoch from statement_timestamp())::float8 * 1000 as a, 0::float8 as b
		union all
		select 'mailbox', moved.id::text, null, mailbox.epoch, mailbox.head
		from (
			select signals.mailbox_id as id from signals
			where signals.expires_at > ${from} + ${SIGNAL_LIFETIME_MS}::float8 * interval '1 millisecond'
			union
			-- An epoch that rises leaves no signals behind, but it raises the version of its device's call.
			select call_devices.device_id from calls
			join call_devices on call_devices.call_id = calls.id and call_devices.presence <> 'left'
			where calls.changed_at > ${from}
		) moved
		-- The limit keeps the planner from reading all mailboxes to join them.
		cross join lateral (select epoch, head from mailboxes where mailboxes.id = moved.id limit 1) mailbox
		union all
		select 'call', calls.id::text, null, calls.version, 0 from calls where calls.changed_at > ${from}
		union all
		select 'room', rooms.id::text, null, extract(epoch from rooms.changed_at)::float8 * 1000, 0
		from rooms where rooms.changed_at > ${from}
		union all
		select 'ending', endings.topic, endings.room_id::text,
			extract(epoch from endings.ended_at)::float8 * 1000, 0
		from endings where endings.ended_at > ${from}
	`;
}

/** What moved since then, and the database's clock when it said so. */
export async function findLately(
	sql: postgres.Sql,
	since: number
): Promise<{ now: number; findings: Finding[] }> {
	const rows = await latelyStatement(sql, since);
	let now = 0;
	const findings: Finding[] = [];
	for (const { kind, id, room_id: roomId, a, b } of rows) {
		if (kind === 'now') now = a;
		else if (kind === 'mailbox') findings.push({ kind, id, epoch: a, head: b });
		else if (kind === 'call') findings.push({ kind, id, version: a });
		else if (kind === 'room') findings.push({ kind, id, stamp: Math.round(a) });
		else findings.push({ kind, id, roomId, stamp: Math.round(a) });
	}
	return { now, findings };
}

/** Everybody who may see these calls. */
export async function callListeners(sql: postgres.Sql, callIds: readonly string[]): Promise<Listener[]> {
	return sql<Listener[]>`
		select calls.id, everybody.user_id as "userId",
			coalesce(call_participants.invite::text = any(${`{${MISSED_INVITES.join()}}`}::text[]), false) as missed
		from calls
		cross join lateral (
			select user_id from room_members where room_id = calls.room_id
			union
			select user_id from call_participants where call_id = calls.id
		) everybody
		left join call_participants
			on call_participants.call_id = calls.id and call_participants.user_id = everybody.user_id
		where calls.id = any(${`{${callIds.join(',')}}`}::uuid[])
	`;
}

/** Everybody in these rooms. */
export async function roomListeners(sql: postgres.Sql, roomIds: readonly string[]): Promise<Listener[]> {
	return sql<Listener[]>`
		select room_id as id, user_id as "userId", false as missed
		from room_members where room_id = any(${`{${roomIds.join(',')}}`}::uuid[])
	`;
}
