import { and, desc, eq, ne, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type {
	CallConnection,
	ConnectionReport,
	PeerReport,
	RoomCallState
} from '../../call/core/connection-report';
import { fail } from '../../call/core/errors';
import type { Db } from '../db/client';
import { callConnections, callDevices, calls, users } from '../db/schema';
import { databaseNow } from './call-rows';
import { createReportLimit } from './report-limit';
import type { Snapshots } from './snapshots';

/** A page reports every 2 s at most; its requests may come a little closer together than it sent them. */
const REPORTS = { points: 3, seconds: 5 };
/** As long as people still ask why a call did not connect. */
const REPORT_LIFETIME = sql.raw(`interval '7 days'`);
const MAX_SWEPT_ROWS = 1_000;
/** Each reload is a device: of a call in which people reload all day, the last ones. */
const MAX_DEVICES = 100;
const MAX_REPORTS = 1_000;

/** How the connections between a call's devices are, as the devices say. The server sees neither media nor addresses. */
export function createConnections({ db, snapshots }: { db: Db; snapshots: Snapshots }) {
	const countReport = createReportLimit(REPORTS);

	/** @param presentOnly leaves out the connections of devices that are not in the call any more */
	async function reportsOf(callId: string, presentOnly: boolean): Promise<ConnectionReport[]> {
		const own = alias(callDevices, 'own');
		const peer = alias(callDevices, 'peer');
		const rows = await db
			.select({ report: callConnections })
			.from(callConnections)
			.innerJoin(own, and(eq(own.callId, callConnections.callId), eq(own.deviceId, callConnections.deviceId)))
			.innerJoin(
				peer,
				and(eq(peer.callId, callConnections.callId), eq(peer.deviceId, callConnections.peerDeviceId))
			)
			.where(
				and(
					eq(callConnections.callId, callId),
					presentOnly ? and(ne(own.presence, 'left'), ne(peer.presence, 'left')) : undefined
				)
			)
			.orderBy(desc(own.joinOrder), desc(peer.joinOrder))
			.limit(MAX_REPORTS);
		return rows.map(({ report: { callId: _callId, ...facts } }) => facts);
	}

	return {
		/**
		 * Takes what a device says of its connections. Of devices that never were in the call nothing is kept.
		 *
		 * @throws {ParleyError} `call/not-a-participant`, `request/too-many` with `retryAfterMs`
		 */
		async reportConnection(callId: string, deviceId: string, peers: readonly PeerReport[]): Promise<void> {
			await countReport(deviceId);
			const [present] = await db
				.select({ deviceId: callDevices.deviceId })
				.from(callDevices)
				.innerJoin(calls, eq(calls.id, callDevices.callId))
				.where(
					and(
						eq(callDevices.callId, callId),
						eq(callDevices.deviceId, deviceId),
						ne(callDevices.presence, 'left'),
						ne(calls.phase, 'ended')
					)
				);
			if (!present) return fail('call/not-a-participant');
			await db.execute(sql`
				insert into call_connections (
					call_id, device_id, peer_device_id, connection_state, ice_connection_state, ice_gathering_state,
					signaling_state, path, candidates, restarts, why
				)
				select ${callId}, ${deviceId}, peer.device_id, said."connectionState", said."iceConnectionState",
					said."iceGatheringState", said."signalingState", said.path, said.candidates, said.restarts, said.why
				from jsonb_to_recordset(${JSON.stringify(peers)}::text::jsonb) as said (
					"deviceId" uuid, "connectionState" text, "iceConnectionState" text, "iceGatheringState" text,
					"signalingState" text, path text, candidates jsonb, restarts int, why text
				)
				join call_devices peer on peer.call_id = ${callId} and peer.device_id = said."deviceId"
				where peer.device_id <> ${deviceId}
				order by peer.device_id
				on conflict (call_id, device_id, peer_device_id) do update set
					connection_state = excluded.connection_state,
					ice_connection_state = excluded.ice_connection_state,
					ice_gathering_state = excluded.ice_gathering_state,
					signaling_state = excluded.signaling_state,
					path = excluded.path,
					candidates = excluded.candidates,
					restarts = excluded.restarts,
					why = excluded.why,
					reported_at = clock_timestamp()
			`);
		},

		/** One call's connections, also when it is over; who joined last comes first. The caller has made sure that it may be seen. */
		async connection(callId: string): Promise<CallConnection> {
			const [serverNow, devices, connections] = await Promise.all([
				databaseNow(db),
				db
					.select({
						deviceId: callDevices.deviceId,
						userId: callDevices.userId,
						displayName: users.displayName,
						presence: callDevices.presence
					})
					.from(callDevices)
					.innerJoin(users, eq(users.id, callDevices.userId))
					.where(eq(callDevices.callId, callId))
					.orderBy(desc(callDevices.joinOrder))
					.limit(MAX_DEVICES),
				reportsOf(callId, false)
			]);
			return { serverNow, devices, connections };
		},

		/** The room's live call as this member may see it. */
		async state(roomId: string, viewerId: string): Promise<RoomCallState> {
			const [serverNow, call] = await Promise.all([databaseNow(db), snapshots.liveInRoom(roomId, viewerId)]);
			return { serverNow, call, connections: call ? await reportsOf(call.id, true) : [] };
		},

		/** Forgets old reports. @returns how many */
		async sweepConnections(): Promise<number> {
			const result = await db.execute(sql`
				delete from call_connections where ctid = any(array(
					select ctid from call_connections
					where reported_at < statement_timestamp() - ${REPORT_LIFETIME}
					order by reported_at limit ${MAX_SWEPT_ROWS}
				))
			`);
			return result.count;
		}
	};
}
