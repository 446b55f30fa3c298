import { eq, sql } from 'drizzle-orm';
import type { MemberPresence, Presence } from '../../call/core/presence';
import { arrayParam } from '../db/arrays';
import type { Db } from '../db/client';
import { roomMembers, users } from '../db/schema';

/** A server that says nothing for so long is dead. */
const SERVER_LIFETIME_MS = 12_000;

export type Told = { serverId: string; came: readonly string[]; gone: readonly string[] };

/**
 * One server's word: it is alive, and who came to it and went from it since its last one.
 *
 * @returns whether nothing was known of this server: then only these are, of who is there
 */
export async function writePresence(
	db: Db,
	{ serverId, came, gone }: Told
): Promise<{ wasUnknown: boolean }> {
	// People in the order of their ids: two servers may write of the same ones at once. The references are checked when
	// the statement is over, so it does not matter which part is done first.
	const [server] = await db.execute<{ unknown: boolean }>(sql`
		with server as (
			insert into presence_servers (id, alive_until)
			values (${serverId}, statement_timestamp() + ${SERVER_LIFETIME_MS}::int * interval '1 millisecond')
			on conflict (id) do update set alive_until = excluded.alive_until
			returning xmax = 0 as unknown
		), added as (
			insert into presences (user_id, server_id)
			select id, ${serverId}::uuid from users where id = any(${arrayParam(came, 'uuid')}) order by id
			on conflict do nothing
		), removed as (
			delete from presences
			where server_id = ${serverId} and user_id = any(${arrayParam(gone, 'uuid')})
			returning user_id
		), leaving as (
			select id from users where id in (select user_id from removed) order by id for no key update
		), seen as (
			update users set last_seen_at = statement_timestamp() from leaving where users.id = leaving.id
		)
		select unknown from server
	`);
	return { wasUnknown: server?.unknown ?? true };
}

/** This server stops: nobody reads there any more. */
export async function endPresence(db: Db, serverId: string): Promise<void> {
	await db.execute(sql`
		with ended as (
			delete from presence_servers where id = ${serverId} returning id
		), leaving as (
			select id from users
			where id in (select user_id from presences where server_id in (select id from ended))
			order by id for no key update
		)
		update users set last_seen_at = statement_timestamp() from leaving where users.id = leaving.id
	`);
}

/** Removes servers that died a minute ago, and keeps until when who was there was seen. */
export async function sweepPresence(db: Db): Promise<void> {
	await db.execute(sql`
		with dead as (
			delete from presence_servers
			where alive_until < statement_timestamp() - interval '1 minute'
			returning id, alive_until
		), last as (
			select user_id, max(alive_until) as until from presences join dead on dead.id = server_id group by user_id
		), leaving as (
			select id from users where id in (select user_id from last) order by id for no key update
		)
		update users set last_seen_at = greatest(users.last_seen_at, last.until)
		from leaving join last on last.user_id = leaving.id
		where users.id = leaving.id
	`);
}

/** Whether a device of theirs is joined to a live call; by way of their devices, of which they have few. */
const inCall = sql`exists (
	select from devices
	join call_devices on call_devices.device_id = devices.id and call_devices.presence = 'joined'
	join calls on calls.id = call_devices.call_id and calls.phase <> 'ended'
	where devices.user_id = ${users.id}
)`;

/** Until when the server that lives longest of those where they read is alive; null when they read nowhere. */
const readsUntil = sql`(
	select max(presence_servers.alive_until)
	from presences join presence_servers on presence_servers.id = presences.server_id
	where presences.user_id = ${users.id}
)`;

/** Who is not there is offline, whether or not they asked not to be disturbed: when they were seen last says more. */
const presence = sql<Presence>`case
	when not (${inCall} or coalesce(${readsUntil} > statement_timestamp(), false)) then 'offline'
	when ${users.doNotDisturbUntil} > statement_timestamp() then 'do-not-disturb'
	when ${inCall} then 'in-call'
	else 'online'
end`;

/** Everybody in a room, with their presence. One statement, prepared once. */
export function preparePresence(db: Db): (roomId: string) => Promise<MemberPresence[]> {
	const found = db
		.select({
			userId: users.id,
			presence,
			lastSeenAt: sql<number | null>`greatest(${users.lastSeenAt}, ${readsUntil})`.mapWith(users.lastSeenAt)
		})
		.from(roomMembers)
		.innerJoin(users, eq(users.id, roomMembers.userId))
		.where(eq(roomMembers.roomId, sql.placeholder('roomId')))
		.prepare('find_room_presence');
	return async (roomId) =>
		(await found.execute({ roomId })).map((one) =>
			one.presence === 'offline' ? one : { ...one, lastSeenAt: null }
		);
}
