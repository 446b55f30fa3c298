import { sql } from 'drizzle-orm';
import { outcomeFor } from '../../call/core/outcome';
import type { OverPush, PushMessage } from '../../call/core/push-message';
import type { CallKind, InviteState, RingSetting } from '../../call/core/snapshot';
import type { Db } from '../db/client';

// A callee's row says what their closed browsers were told last, and until when a server is telling them (its lease):
//
//                   rings, has subscriptions        rings no more
//   (nothing) ─────────────────────────────► ring ─────────────────► over
//                                             └─ a lease that ran out: the server is gone, the next one says it again
//
// What is over is not said while somebody still tells of the ring: a ring that arrives last would ring on.

/** One person who must be told of one call, by the server that asked. */
export type Due = {
	callId: string;
	userId: string;
	message: PushMessage;
	/** Of a ring: what was left of it when the database was asked, milliseconds. */
	ringMsLeft: number;
};

/** Longer than sending takes, its time-out included. */
const LEASE_MS = 15_000;
const lease = sql`clock_timestamp() + ${sql.raw(String(LEASE_MS))} * interval '1 millisecond'`;
const ringMsLeft = sql`extract(epoch from ring_until - clock_timestamp()) * 1000`;

type Row = {
	call_id: string;
	user_id: string;
	say: PushMessage['type'];
	invite: InviteState;
	ring_until: string | null;
	ring_ms_left: string | null;
	room_id: string;
	room_name: string;
	caller_name: string;
	kind: CallKind;
	direct: boolean;
	ring: RingSetting | null;
};

/**
 * Takes what is to be said now; no other server gets the same. One statement over an index that holds only who rings, or
 * was told of a ring that is not over yet: its conditions repeat the index's, with constants, or it would not be used.
 */
export async function takeDue(db: Db, limit: number): Promise<Due[]> {
	const rows = await db.execute<Row>(sql`
		with due as (
			select p.call_id, p.user_id from call_participants p
			where (
				p.invite = 'ringing' and p.ring_until > clock_timestamp()
				and (p.push_state is null or (p.push_state = 'ring' and p.push_lease_until < clock_timestamp()))
				and exists (select from push_subscriptions s where s.user_id = p.user_id)
				and exists (
					select from calls c join room_members m on m.room_id = c.room_id
					where c.id = p.call_id and m.user_id = p.user_id and m.ring <> 'none'
				)
			) or (
				p.invite <> 'ringing' and (
					(p.push_state = 'ring' and (p.push_lease_until is null or p.push_lease_until < clock_timestamp()))
					or (p.push_state = 'over' and p.push_lease_until < clock_timestamp())
				)
			)
			limit ${limit}
			for no key update of p skip locked
		)
		update call_participants p
		set push_state = (case when p.invite = 'ringing' then 'ring' else 'over' end)::push_state,
			push_lease_until = ${lease}
		from due
			join calls c on c.id = due.call_id
			join rooms r on r.id = c.room_id
			join users caller on caller.id = c.caller_id
			left join room_members m on m.room_id = c.room_id and m.user_id = due.user_id
		where p.call_id = due.call_id and p.user_id = due.user_id
		returning p.call_id, p.user_id, p.push_state as say, p.invite,
			(extract(epoch from p.ring_until) * 1000)::text as ring_until, (${ringMsLeft})::text as ring_ms_left,
			r.id as room_id, case when r.kind = 'direct' then caller.display_name else r.name end as room_name,
			caller.display_name as caller_name, c.kind, c.direct, m.ring
	`);
	return rows.map((row) => ({
		callId: row.call_id,
		userId: row.user_id,
		message: messageOf(row),
		ringMsLeft: Number(row.ring_ms_left)
	}));
}

function messageOf(row: Row): PushMessage {
	const call = { callId: row.call_id, roomId: row.room_id, callerName: row.caller_name, kind: row.kind };
	if (row.say === 'over') return { type: 'over', ...call, outcome: outcomeOf(row.invite) };
	return {
		type: 'ring',
		...call,
		roomName: row.room_name,
		direct: row.direct,
		ringUntil: Math.floor(Number(row.ring_until)),
		silent: row.ring === 'silent'
	};
}

function outcomeOf(invite: InviteState): OverPush['outcome'] {
	const outcome = outcomeFor('callee', invite, null);
	return outcome === 'answered' || outcome === 'declined' ? outcome : 'missed';
}

/** It was said: to whom it could be. */
export async function finish(db: Db, { callId, userId, message }: Due): Promise<void> {
	await db.execute(sql`
		update call_participants set push_lease_until = null
		where call_id = ${callId} and user_id = ${userId} and push_state = ${message.type}::push_state
	`);
}

/**
 * Takes it once more, for who could not be told at first.
 *
 * @returns null when there is nothing to say any more: a ring is over, or what was said last is another thing
 */
export async function takeAgain(db: Db, due: Due): Promise<Due | null> {
	const { callId, userId, message } = due;
	const [row] = await db.execute<{ ring_ms_left: string | null }>(sql`
		update call_participants set push_lease_until = ${lease}
		where call_id = ${callId} and user_id = ${userId} and push_lease_until is null
			and push_state = ${message.type}::push_state
			and (push_state = 'over' or (invite = 'ringing' and ring_until > clock_timestamp()))
		returning (${ringMsLeft})::text as ring_ms_left
	`);
	return row ? { ...due, ringMsLeft: Number(row.ring_ms_left) } : null;
}
