import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import {
	MAX_SAMPLE_AGE_MS,
	QUALITY_SAMPLE_MS,
	type CallQuality,
	type QualitySample,
	type QualityStretch
} from '../../call/core/call-quality';
import { fail } from '../../call/core/errors';
import type { Db } from '../db/client';
import { callDevices, callParticipants, calls, users } from '../db/schema';
import { databaseNow } from './call-rows';
import { createReportLimit } from './report-limit';

/** A page reports once a minute, and what it could not for long in a few batches. */
const REPORTS = { points: 6, seconds: 20 };
/** As long as reports of connections: people ask why a call was bad in the days after it. */
const QUALITY_LIFETIME = sql.raw(`interval '7 days'`);
const SWEPT_AT_ONCE = 5_000;
/** A plot is no wider, so nobody needs more of one connection. */
const STRETCHES_PER_CONNECTION = 60;
/** Each reload is a device: of a call in which people reload all day, the first ones. */
const MAX_DEVICES = 100;
const MAX_STRETCHES = 5_000;

/** How the connections between a call's devices were, second by second, as the devices measured it. */
export function createQuality({ db }: { db: Db }) {
	const countReport = createReportLimit(REPORTS);

	/**
	 * That this is, or was, a device of this person's in that call, and the call not over for long. A device that has left
	 * reports its last seconds, and one whose page is gone is no device any more.
	 */
	async function requireOwnPart(callId: string, userId: string, deviceId: string): Promise<void> {
		const [part] = await db
			.select({
				over: sql<boolean>`${calls.endedAt} < clock_timestamp() - ${MAX_SAMPLE_AGE_MS} * interval '1 millisecond'`
			})
			.from(callDevices)
			.innerJoin(calls, eq(calls.id, callDevices.callId))
			.where(
				and(
					eq(callDevices.callId, callId),
					eq(callDevices.deviceId, deviceId),
					eq(callDevices.userId, userId)
				)
			);
		if (!part) fail('call/not-a-participant');
		if (part.over) fail('call/over');
	}

	return {
		/**
		 * Takes samples; one that is here already stays as it is. Of devices that never were in the call nothing is kept.
		 *
		 * @throws {ParleyError} `call/not-a-participant`, `call/over`, `request/too-many` with `retryAfterMs`
		 */
		async reportQuality(
			at: { callId: string; userId: string; deviceId: string },
			samples: readonly QualitySample[]
		): Promise<void> {
			const { callId, deviceId } = at;
			await requireOwnPart(callId, at.userId, deviceId);
			await countReport(deviceId);
			await db.execute(sql`
				insert into call_quality (
					call_id, device_id, n, peer_device_id, until, over_ms, down_ms, round_trip_ms, loss_in_percent,
					loss_out_percent, kbit_in, kbit_out, frames_per_second, jitter_ms, path, restarts
				)
				select ${callId}, ${deviceId}, said.n, peer.device_id,
					statement_timestamp() - said."ageMs" * interval '1 millisecond', said."overMs", said."downMs",
					said."roundTripMs", round(said."lossInPercent", 3), round(said."lossOutPercent", 3), said."kbitIn", said."kbitOut",
					said."framesPerSecond", said."jitterMs", said.path, said.restarts
				from jsonb_to_recordset(${JSON.stringify(samples)}::text::jsonb) as said (
					"peerDeviceId" uuid, n int, "ageMs" int, "overMs" int, "downMs" int, "roundTripMs" int,
					"lossInPercent" numeric, "lossOutPercent" numeric, "kbitIn" int, "kbitOut" int, "framesPerSecond" int,
					"jitterMs" int, path text, restarts int
				)
				join call_devices peer on peer.call_id = ${callId} and peer.device_id = said."peerDeviceId"
				where peer.device_id <> ${deviceId}
				order by said.n
				on conflict do nothing
			`);
		},

		/**
		 * How a call was, for who was asked into it and has not deleted it; of one that goes on, so far.
		 *
		 * @throws {ParleyError} `call/not-found`
		 */
		async quality(callId: string, userId: string): Promise<CallQuality> {
			const [call] = await db
				.select({ startedAt: calls.startedAt, activeAt: calls.activeAt, endedAt: calls.endedAt })
				.from(calls)
				.innerJoin(callParticipants, eq(callParticipants.callId, calls.id))
				.where(
					and(eq(calls.id, callId), eq(callParticipants.userId, userId), isNull(callParticipants.hiddenAt))
				);
			if (!call) return fail('call/not-found');
			const serverNow = await databaseNow(db);
			const from = call.activeAt ?? call.startedAt;
			const until = call.endedAt ?? serverNow;
			const stretchMs = stretchFor(until - from);
			const [devices, stretches] = await Promise.all([
				devicesOf(callId),
				stretchesOf(callId, from, stretchMs)
			]);
			return { serverNow, from, until, devices, stretchMs, stretches };
		},

		/** Forgets old samples. @returns how many */
		async sweepQuality(): Promise<number> {
			const result = await db.execute(sql`
				delete from call_quality where ctid = any(array(
					select ctid from call_quality
					where until < statement_timestamp() - ${QUALITY_LIFETIME}
					order by until limit ${SWEPT_AT_ONCE}
				))
			`);
			return result.count;
		}
	};

	function devicesOf(callId: string): Promise<CallQuality['devices'][number][]> {
		return db
			.select({
				deviceId: callDevices.deviceId,
				userId: callDevices.userId,
				displayName: users.displayName,
				joinedAt: callDevices.joinedAt,
				leftAt: callDevices.leftAt
			})
			.from(callDevices)
			.innerJoin(users, eq(users.id, callDevices.userId))
			.where(eq(callDevices.callId, callId))
			.orderBy(asc(callDevices.joinOrder))
			.limit(MAX_DEVICES);
	}

	/** Samples of one stretch of time are one: means by time. */
	async function stretchesOf(callId: string, from: number, stretchMs: number): Promise<QualityStretch[]> {
		const meanOf = (column: string) =>
			sql.raw(
				`sum(${column}::float8 * over_ms) / nullif(sum(over_ms) filter (where ${column} is not null), 0)`
			);
		const rows = await db.execute<QualityStretch>(sql`
			select device_id as "deviceId", peer_device_id as "peerDeviceId",
				min(ended - over_ms) as "from", max(ended) as "until",
				sum(over_ms)::int as "overMs", sum(down_ms)::int as "downMs",
				round(${meanOf('round_trip_ms')})::int as "roundTripMs",
				${meanOf('loss_in_percent')} as "lossInPercent", ${meanOf('loss_out_percent')} as "lossOutPercent",
				round(${meanOf('kbit_in')})::int as "kbitIn", round(${meanOf('kbit_out')})::int as "kbitOut",
				round(${meanOf('frames_per_second')})::int as "framesPerSecond", round(${meanOf('jitter_ms')})::int as "jitterMs",
				(array_agg(path order by n desc))[1] as path, max(restarts) as restarts
			from call_quality, lateral (select floor(extract(epoch from until) * 1000)::float8 as ended) as moment
			where call_id = ${callId}
			group by device_id, peer_device_id, floor((ended - ${from}::float8) / ${stretchMs}::float8)
			order by device_id, peer_device_id, max(ended)
			limit ${MAX_STRETCHES}
		`);
		return [...rows];
	}
}

/** A whole number of samples. */
function stretchFor(durationMs: number): number {
	const samples = Math.ceil(durationMs / (STRETCHES_PER_CONNECTION * QUALITY_SAMPLE_MS));
	return Math.max(1, samples) * QUALITY_SAMPLE_MS;
}
