import { and, asc, eq, ne, sql, type SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { CallSettings } from '../../call/core/call-state';
import { projectCall } from '../../call/core/call-projection';
import type { CallSnapshot } from '../../call/core/snapshot';
import { arrayText } from '../db/arrays';
import type { Db } from '../db/client';
import { callDevices, callParticipants, calls, mailboxes, roomMembers, rooms, users } from '../db/schema';

export type Snapshots = ReturnType<typeof prepareSnapshots>;

/** Reads calls as one viewer may see them. Each change of a call asks for this once per viewer: the statements are built once. */
export function prepareSnapshots(db: Db, settings: CallSettings) {
	const viewerId = sql.placeholder('viewerId');
	const isLive = ne(calls.phase, 'ended');

	/** Calls in rooms that the viewer is not in are left out. */
	const prepareCalls = (name: string, wanted: SQL | undefined) =>
		db
			.select({ call: calls, roomName: rooms.name, roomKind: rooms.kind, ring: roomMembers.ring })
			.from(calls)
			.innerJoin(roomMembers, eq(roomMembers.roomId, calls.roomId))
			.innerJoin(rooms, eq(rooms.id, calls.roomId))
			.where(and(eq(roomMembers.userId, viewerId), wanted))
			.orderBy(asc(calls.startedAt))
			.prepare(name);
	type FoundCall = Awaited<ReturnType<ReturnType<typeof prepareCalls>['execute']>>[number];

	const findLive = prepareCalls('find_live_calls', isLive);
	const findOne = prepareCalls('find_call', eq(calls.id, sql.placeholder('callId')));
	const findInRoom = prepareCalls(
		'find_live_call_in_room',
		and(isLive, eq(calls.roomId, sql.placeholder('roomId')))
	);
	const inCalls = (callId: AnyPgColumn) => sql`${callId} = any(${sql.placeholder('callIds')}::uuid[])`;
	const findPeople = db
		.select({ participant: callParticipants, displayName: users.displayName })
		.from(callParticipants)
		.innerJoin(users, eq(users.id, callParticipants.userId))
		.where(inCalls(callParticipants.callId))
		.orderBy(asc(callParticipants.role), asc(users.displayName), asc(users.id))
		.prepare('find_people_of_calls');
	const findPresent = db
		.select({ device: callDevices, epoch: mailboxes.epoch })
		.from(callDevices)
		.innerJoin(mailboxes, eq(mailboxes.id, callDevices.deviceId))
		.where(and(inCalls(callDevices.callId), ne(callDevices.presence, 'left')))
		.orderBy(asc(callDevices.joinOrder))
		.prepare('find_devices_in_calls');

	/** The calls' rows are read first: what is read after is at least as new as their version, never older. */
	async function withPeople(viewer: string, found: readonly FoundCall[]): Promise<CallSnapshot[]> {
		if (found.length === 0) return [];
		const callIds = arrayText(found.map(({ call }) => call.id));
		const people = await findPeople.execute({ callIds });
		const present = await findPresent.execute({ callIds });

		const names = new Map(people.map((one) => [one.participant.userId, one.displayName]));
		const epochs = new Map(present.map((one) => [one.device.deviceId, one.epoch]));
		return found.map(({ call, roomName, roomKind, ring }) => {
			const participants = people
				.map((one) => one.participant)
				.filter((participant) => participant.callId === call.id);
			const other = participants.find((participant) => participant.userId !== viewer);
			return projectCall(
				{
					...call,
					participants,
					devices: present.map((one) => one.device).filter((device) => device.callId === call.id)
				},
				{
					viewerId: viewer,
					roomName: roomKind === 'direct' && other ? (names.get(other.userId) ?? roomName) : roomName,
					ring,
					settings,
					nameOf: (userId) => names.get(userId) ?? '',
					epochOf: (deviceId) => epochs.get(deviceId) ?? 1
				}
			);
		});
	}

	return {
		/** All live calls. */
		live: async (viewer: string) => withPeople(viewer, await findLive.execute({ viewerId: viewer })),

		async one(callId: string, viewer: string): Promise<CallSnapshot | null> {
			const [found] = await withPeople(viewer, await findOne.execute({ callId, viewerId: viewer }));
			return found ?? null;
		},

		async liveInRoom(roomId: string, viewer: string): Promise<CallSnapshot | null> {
			const [found] = await withPeople(viewer, await findInRoom.execute({ roomId, viewerId: viewer }));
			return found ?? null;
		}
	};
}
