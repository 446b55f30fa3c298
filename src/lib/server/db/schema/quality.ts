import { foreignKey, index, integer, pgTable, primaryKey, real, text, uuid } from 'drizzle-orm/pg-core';
import type { CandidateType } from '../../../call/core/connection-report';
import { instant } from '../columns';
import { callDevices } from './calls';

/**
 * How a connection was over some seconds, as one of its ends measured it. Its number makes it one row however often it is
 * reported. Kept for some days after the call: that is when people ask why it was bad.
 */
export const callQuality = pgTable(
	'call_quality',
	{
		callId: uuid('call_id').notNull(),
		deviceId: uuid('device_id').notNull(),
		/** 1, 2, … of that device. */
		n: integer('n').notNull(),
		peerDeviceId: uuid('peer_device_id').notNull(),
		until: instant('until').notNull(),
		overMs: integer('over_ms').notNull(),
		downMs: integer('down_ms').notNull(),
		roundTripMs: integer('round_trip_ms'),
		lossInPercent: real('loss_in_percent'),
		lossOutPercent: real('loss_out_percent'),
		kbitIn: integer('kbit_in').notNull(),
		kbitOut: integer('kbit_out').notNull(),
		framesPerSecond: integer('frames_per_second'),
		jitterMs: integer('jitter_ms'),
		path: text('path').$type<CandidateType>(),
		restarts: integer('restarts').notNull()
	},
	(t) => [
		primaryKey({ columns: [t.callId, t.deviceId, t.n] }),
		// As of connections: nobody can fill this with devices that never were in the call.
		foreignKey({
			name: 'call_quality_device',
			columns: [t.callId, t.deviceId],
			foreignColumns: [callDevices.callId, callDevices.deviceId]
		}).onDelete('cascade'),
		foreignKey({
			name: 'call_quality_peer_device',
			columns: [t.callId, t.peerDeviceId],
			foreignColumns: [callDevices.callId, callDevices.deviceId]
		}).onDelete('cascade'),
		index('call_quality_until').on(t.until)
	]
);
