import { and, asc, eq, inArray, ne, sql, type Placeholder, type SQL } from 'drizzle-orm';
import { projectCall } from '../../call/core/call-projection';
import type { CallSnapshot } from '../../call/core/snapshot';
import type { Db, DbOrTx } from '../db/client';
import { callDevices, callParticipants, calls, mailboxes, roomMembers, rooms, users } from '../db/schema';

/** Calls in rooms that the viewer is not in are left out. */
function selectCalls(db: DbOrTx, viewerId: string | Placeholder, wanted: SQL | undefined) {
	return db
		.select({ call: calls, roomName: rooms.name, roomKind: rooms.kind })
		.from(calls)
		.innerJoin(roomMembers, eq(roomMembers.roomId, calls.roomId))
		.innerJoin(rooms, eq(rooms.id, calls.roomId))
		.where(and(eq(roomMembers.userId, viewerId), wanted))
		.orderBy(asc(calls.startedAt));
}

const isLive = ne(calls.phase, 'ended');

/** Reads calls as one viewer may see them. */
export async function loadSnapshots(
	db: DbOrTx,
	viewerId: string,
	which: { callIds: string[] } | { liveIn: string }
): Promise<CallSnapshot[]> {
	const wanted =
		'liveIn' in which ? and(isLive, eq(calls.roomId, which.liveIn)) : inArray(calls.id, which.callIds);
	return withPeople(db, viewerId, await selectCalls(db, viewerId, wanted));
}

/** All live calls of a viewer. Everybody who comes asks for this: its statement is built once. */
export function prepareLiveSnapshots(db: Db): (viewerId: string) => Promise<CallSnapshot[]> {
	const live = selectCalls(db, sql.placeholder('viewerId'), isLive).prepare('find_live_calls');
	return async (viewerId) => withPeople(db, viewerId, await live.execute({ viewerId }));
}

/** The calls' rows are read first: what is read after is at least as new as their version, never older. */
async function withPeople(
	db: DbOrTx,
	viewerId: string,
	found: Awaited<ReturnType<typeof selectCalls>>
): Promise<CallSnapshot[]> {
	if (found.length === 0) return [];

	const callIds = found.map(({ call }) => call.id);
	const people = await db
		.select({ participant: callParticipants, displayName: users.displayName })
		.from(callParticipants)
		.innerJoin(users, eq(users.id, callParticipants.userId))
		.where(inArray(callParticipants.callId, callIds))
		.orderBy(asc(callParticipants.role), asc(users.displayName), asc(users.id));
	const present = await db
		.select({ device: callDevices, epoch: mailboxes.epoch })
		.from(callDevices)
		.innerJoin(mailboxes, eq(mailboxes.id, callDevices.deviceId))
		.where(and(inArray(callDevices.callId, callIds), ne(callDevices.presence, 'left')))
		.orderBy(asc(callDevices.joinOrder));

	const names = new Map(people.map((one) => [one.participant.userId, one.displayName]));
	const epochs = new Map(present.map((one) => [one.device.deviceId, one.epoch]));
	return found.map(({ call, roomName, roomKind }) => {
		const participants = people
			.map((one) => one.participant)
			.filter((participant) => participant.callId === call.id);
		const other = participants.find((participant) => participant.userId !== viewerId);
		return projectCall(
			{
				...call,
				participants,
				devices: present.map((one) => one.device).filter((device) => device.callId === call.id)
			},
			{
				viewerId,
				roomName: roomKind === 'direct' && other ? (names.get(other.userId) ?? roomName) : roomName,
				nameOf: (userId) => names.get(userId) ?? '',
				epochOf: (deviceId) => epochs.get(deviceId) ?? 1
			}
		);
	});
}
