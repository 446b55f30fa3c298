import { sql } from 'drizzle-orm';
import type { CallKind, CallPhase } from '../../call/core/snapshot';
import type { Db } from '../db/client';

/** One live call, as who operates the server sees it: how much and how old, never what is said in it. */
export type ActiveCall = {
	callId: string;
	roomId: string;
	/** Of a direct room, the names of its two people. */
	roomName: string;
	kind: CallKind;
	phase: CallPhase;
	startedAt: number;
	activeAt: number | null;
	/** Everybody who is invited to it or in it. */
	participants: number;
	/** Devices that are in it now. */
	devices: number;
	/** How many pairs these devices make, and of how many both ends say that they are connected. */
	pairs: number;
	connectedPairs: number;
	/** Signals that their receivers have not acknowledged, and since when the oldest one waits. */
	signalsWaiting: number;
	oldestWaitingAt: number | null;
};

export type ActiveCallsCursor = { startedAt: number; callId: string };
export type ActiveCallsPage = { serverNow: number; calls: ActiveCall[]; next: ActiveCallsCursor | null };

/** What other programs of who operates the server may ask about all of it. */
export function createOps({ db, operators }: { db: Db; operators: readonly string[] }) {
	const names = new Set(operators);

	return {
		/** @param username as the account has it: lower case */
		isOperator: (username: string): boolean => names.has(username),

		/** Live calls, the newest first, by keyset. */
		async activeCalls(page: { before: ActiveCallsCursor | null; limit: number }): Promise<ActiveCallsPage> {
			const { before, limit } = page;
			const older = before
				? sql`and (c.started_at, c.id) < (to_timestamp(${before.startedAt}::float8 / 1000), ${before.callId}::uuid)`
				: sql``;
			const [clock] = await db.execute<{ now: number }>(sql`select ${ms('clock_timestamp()')} as now`);
			const rows = await db.execute<ActiveCall>(sql`
				select
					c.id as "callId", c.room_id as "roomId", c.kind, c.phase,
					case when r.kind = 'group' then r.name else people.names end as "roomName",
					${ms('c.started_at')} as "startedAt", ${ms('c.active_at')} as "activeAt",
					people.count as participants, present.devices,
					present.devices * (present.devices - 1) / 2 as pairs,
					connected.pairs as "connectedPairs",
					waiting.count as "signalsWaiting", ${ms('waiting.oldest')} as "oldestWaitingAt"
				from (
					-- The page first: what follows is asked for each of its calls.
					select * from calls c where c.phase <> 'ended' ${older}
					order by c.started_at desc, c.id desc limit ${limit + 1}
				) c
				join rooms r on r.id = c.room_id
				cross join lateral (
					select count(*)::int, string_agg(u.display_name, ' and ' order by p.role, u.id) as names
					from call_participants p join users u on u.id = p.user_id where p.call_id = c.id
				) people
				cross join lateral (
					select count(*)::int as devices from call_devices d where d.call_id = c.id and d.presence <> 'left'
				) present
				cross join lateral (
					select count(*)::int as pairs
					from call_connections one
					join call_connections other on other.call_id = c.id
						and other.device_id = one.peer_device_id and other.peer_device_id = one.device_id
					join call_devices d1 on d1.call_id = c.id and d1.device_id = one.device_id and d1.presence <> 'left'
					join call_devices d2 on d2.call_id = c.id and d2.device_id = other.device_id and d2.presence <> 'left'
					where one.call_id = c.id and one.device_id < other.device_id
						and one.connection_state = 'connected' and other.connection_state = 'connected'
				) connected
				cross join lateral (
					select count(*)::int, min(s.created_at) as oldest
					from call_devices d
					join mailboxes m on m.id = d.device_id
					join signals s on s.mailbox_id = m.id and s.epoch = m.epoch and s.seq > m.acked and s.call_id = c.id
					where d.call_id = c.id and d.presence <> 'left'
				) waiting
				order by c.started_at desc, c.id desc
			`);
			const calls = rows.slice(0, limit);
			const last = calls.at(-1);
			return {
				serverNow: Number(clock?.now),
				calls,
				next: rows.length > limit && last ? { startedAt: last.startedAt, callId: last.callId } : null
			};
		}
	};
}

export type Ops = ReturnType<typeof createOps>;

/** An instant as Unix milliseconds. `float8`, because the driver answers a bigint as text. */
const ms = (instant: string) => sql.raw(`floor(extract(epoch from ${instant}) * 1000)::float8`);
