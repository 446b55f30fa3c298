import { and, asc, desc, eq, ne, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Tx } from '../db/client';
import { callConnections, callDevices, callParticipants, calls, rooms, users } from '../db/schema';
import type { CallLine } from './signals-report';

const MAX_PARTICIPANTS = 500;
const MAX_CONNECTIONS = 200;

/** One call with what its devices said of their connections. */
export async function readCall(tx: Tx, callId: string): Promise<CallLine | null> {
	const [call] = await tx
		.select({
			callId: calls.id,
			roomId: calls.roomId,
			roomName: rooms.name,
			kind: calls.kind,
			phase: calls.phase,
			version: calls.version,
			startedAt: calls.startedAt,
			activeAt: calls.activeAt,
			endedAt: calls.endedAt,
			endReason: calls.endReason,
			failure: calls.failure
		})
		.from(calls)
		.innerJoin(rooms, eq(rooms.id, calls.roomId))
		.where(eq(calls.id, callId));
	if (!call) return null;
	const participants = await tx
		.select({
			userId: users.id,
			displayName: users.displayName,
			invite: callParticipants.invite
		})
		.from(callParticipants)
		.innerJoin(users, eq(users.id, callParticipants.userId))
		.where(eq(callParticipants.callId, callId))
		.orderBy(asc(callParticipants.role), asc(users.displayName))
		.limit(MAX_PARTICIPANTS);
	// A direct room has no name: it is known by its two people.
	const roomName = call.roomName || participants.map(({ displayName }) => displayName).join(' and ');
	return { ...call, roomName, participants, connections: await readConnections(tx, callId) };
}

async function readConnections(tx: Tx, callId: string): Promise<CallLine['connections']> {
	const own = alias(callDevices, 'own');
	const peer = alias(callDevices, 'peer');
	const ownUser = alias(users, 'own_user');
	const peerUser = alias(users, 'peer_user');
	const present = and(ne(own.presence, 'left'), ne(peer.presence, 'left'));
	const rows = await tx
		.select({
			report: callConnections,
			displayName: ownUser.displayName,
			peerDisplayName: peerUser.displayName,
			present: sql<boolean>`${present}`
		})
		.from(callConnections)
		.innerJoin(own, and(eq(own.callId, callConnections.callId), eq(own.deviceId, callConnections.deviceId)))
		.innerJoin(
			peer,
			and(eq(peer.callId, callConnections.callId), eq(peer.deviceId, callConnections.peerDeviceId))
		)
		.innerJoin(ownUser, eq(ownUser.id, own.userId))
		.innerJoin(peerUser, eq(peerUser.id, peer.userId))
		.where(eq(callConnections.callId, callId))
		.orderBy(desc(sql`${present}`), asc(own.joinOrder), asc(peer.joinOrder))
		.limit(MAX_CONNECTIONS);
	return rows.map(({ report: { callId: _callId, ...report }, ...names }) => ({ ...report, ...names }));
}
