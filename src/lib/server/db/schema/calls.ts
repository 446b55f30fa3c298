import { sql } from 'drizzle-orm';
import {
	boolean,
	foreignKey,
	index,
	integer,
	jsonb,
	pgEnum,
	pgTable,
	primaryKey,
	text,
	uniqueIndex,
	uuid
} from 'drizzle-orm/pg-core';
import type { ConnectionFacts } from '../../../call/core/connection-report';
import { HAPPENINGS } from '../../../call/core/call-timeline';
import { clock, instant } from '../columns';
import { users } from './people';
import { rooms } from './rooms';

export const callKind = pgEnum('call_kind', ['audio', 'video']);
export const callPhase = pgEnum('call_phase', ['ringing', 'active', 'ended']);
export const inviteState = pgEnum('invite_state', [
	'ringing',
	'accepted',
	'declined',
	'missed',
	'busy',
	'cancelled'
]);
export const endReason = pgEnum('end_reason', [
	'failed',
	'completed',
	'cancelled',
	'declined',
	'busy',
	'missed'
]);
export const participantRole = pgEnum('participant_role', ['caller', 'callee']);
export const pushState = pgEnum('push_state', ['ring', 'over']);
export const devicePresence = pgEnum('device_presence', ['joined', 'reconnecting', 'left']);

export const calls = pgTable(
	'calls',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		roomId: uuid('room_id')
			.notNull()
			.references(() => rooms.id, { onDelete: 'cascade' }),
		direct: boolean('direct').notNull(),
		kind: callKind('kind').notNull(),
		phase: callPhase('phase').notNull(),
		/** Raised by one with each transition, under this row's lock. */
		version: integer('version').notNull(),
		callerId: uuid('caller_id')
			.notNull()
			.references(() => users.id),
		hostId: uuid('host_id')
			.notNull()
			.references(() => users.id),
		startedAt: instant('started_at').notNull(),
		activeAt: instant('active_at'),
		endedAt: instant('ended_at'),
		endReason: endReason('end_reason'),
		failure: text('failure'),
		/** When media first flowed between two devices; without it an accepted call has failed. */
		connectedAt: instant('connected_at'),
		/** Since when one device is alone in an active call. */
		aloneSince: instant('alone_since'),
		/** The earliest deadline of this call: what the sweeper looks for. */
		nextDeadlineAt: instant('next_deadline_at'),
		/** When `version` was raised last: what the heads' check looks for. */
		changedAt: instant('changed_at').notNull().default(clock),
		/** Whether the room's messages tell of it; they do soon after its end. */
		inMessages: boolean('in_messages').notNull().default(false)
	},
	(t) => [
		uniqueIndex('calls_one_live_per_room')
			.on(t.roomId)
			.where(sql`${t.phase} <> 'ended'`),
		index('calls_next_deadline')
			.on(t.nextDeadlineAt)
			.where(sql`${t.phase} <> 'ended'`),
		index('calls_changed_at').on(t.changedAt),
		index('calls_not_in_messages')
			.on(t.endedAt)
			.where(sql`${t.phase} = 'ended' and not ${t.inMessages}`)
	]
);

export const callParticipants = pgTable(
	'call_participants',
	{
		callId: uuid('call_id')
			.notNull()
			.references(() => calls.id, { onDelete: 'cascade' }),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id),
		role: participantRole('role').notNull(),
		invite: inviteState('invite').notNull(),
		ringUntil: instant('ring_until'),
		/** When this person first answered; null for who never did. The caller's is the start. */
		answeredAt: instant('answered_at'),
		leftAt: instant('left_at'),
		/** When the host removed this person from the call. */
		removedAt: instant('removed_at'),
		/** Null while a missed call has not been looked at. */
		seenAt: instant('seen_at'),
		/** When this person deleted the call from their history. It stays in the others'. */
		hiddenAt: instant('hidden_at'),
		/** A copy of the call's start: histories are paged by it. */
		startedAt: instant('started_at').notNull(),
		/** What this person's closed browsers were told last by web push, or are being told; null for nothing. */
		pushState: pushState('push_state'),
		/** While a server is telling them: from then on another one may. */
		pushLeaseUntil: instant('push_lease_until')
	},
	(t) => [
		primaryKey({ columns: [t.callId, t.userId] }),
		index('call_participants_history').on(t.userId, t.startedAt, t.callId),
		// Whatever pushing may have to do. Empty while nothing rings, so that asking twice a second costs nothing.
		index('call_participants_to_push')
			.on(t.callId)
			.where(sql`${t.invite} = 'ringing' or ${t.pushState} = 'ring' or ${t.pushLeaseUntil} is not null`)
	]
);

/** One page load, or one program's connection. The server mints the id; it has one mailbox, of the same id. */
export const devices = pgTable(
	'devices',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		createdAt: instant('created_at').notNull().default(clock),
		/** Raised now and then while it reads its inbox; devices unseen for long are swept away. */
		seenAt: instant('seen_at').notNull().default(clock)
	},
	(t) => [index('devices_user').on(t.userId), index('devices_seen').on(t.seenAt)]
);

export const happeningKind = pgEnum('happening_kind', HAPPENINGS);

/** What happened in a call, written with the version that it made. Never changed; it goes with its call. */
export const callHappenings = pgTable(
	'call_happenings',
	{
		callId: uuid('call_id')
			.notNull()
			.references(() => calls.id, { onDelete: 'cascade' }),
		version: integer('version').notNull(),
		/** 0, 1, … of what one step brought at once. */
		place: integer('place').notNull(),
		kind: happeningKind('kind').notNull(),
		userId: uuid('user_id').references(() => users.id),
		at: instant('at').notNull()
	},
	(t) => [primaryKey({ columns: [t.callId, t.version, t.place] })]
);

/** A device's part in one call. The row stays when the device goes, so `device_id` refers to nothing. */
export const callDevices = pgTable(
	'call_devices',
	{
		callId: uuid('call_id').notNull(),
		deviceId: uuid('device_id').notNull(),
		userId: uuid('user_id').notNull(),
		presence: devicePresence('presence').notNull(),
		/** 1, 2, … in the order of joining. The higher of two makes the offer. */
		joinOrder: integer('join_order').notNull(),
		joinedAt: instant('joined_at').notNull(),
		/** While joined: silence until here makes it reconnecting. */
		leaseUntil: instant('lease_until'),
		/** While reconnecting: it has left at this instant. */
		graceUntil: instant('grace_until'),
		leftAt: instant('left_at'),
		microphoneEnabled: boolean('microphone_enabled').notNull(),
		cameraEnabled: boolean('camera_enabled').notNull(),
		screenEnabled: boolean('screen_enabled').notNull().default(false),
		/** How often a host has turned its microphone off. */
		mutedByHost: integer('muted_by_host').notNull().default(0),
		/** Since when its person's hand is up. */
		handRaisedAt: instant('hand_raised_at')
	},
	(t) => [
		primaryKey({ columns: [t.callId, t.deviceId] }),
		foreignKey({
			columns: [t.callId, t.userId],
			foreignColumns: [callParticipants.callId, callParticipants.userId]
		}).onDelete('cascade'),
		index('call_devices_device').on(t.deviceId)
	]
);

/**
 * How a device says that its connection to another one is. Both ends say so, each in a row of its own. Kept for some
 * days after the call: that is when people ask why it did not connect.
 */
export const callConnections = pgTable(
	'call_connections',
	{
		callId: uuid('call_id').notNull(),
		deviceId: uuid('device_id').notNull(),
		peerDeviceId: uuid('peer_device_id').notNull(),
		connectionState: text('connection_state').$type<ConnectionFacts['connectionState']>().notNull(),
		iceConnectionState: text('ice_connection_state').$type<ConnectionFacts['iceConnectionState']>().notNull(),
		iceGatheringState: text('ice_gathering_state').$type<ConnectionFacts['iceGatheringState']>().notNull(),
		signalingState: text('signaling_state').$type<ConnectionFacts['signalingState']>().notNull(),
		path: text('path').$type<NonNullable<ConnectionFacts['path']>>(),
		candidates: jsonb('candidates').$type<ConnectionFacts['candidates']>().notNull(),
		restarts: integer('restarts').notNull(),
		why: text('why'),
		reportedAt: instant('reported_at').notNull().default(clock)
	},
	(t) => [
		primaryKey({ columns: [t.callId, t.deviceId, t.peerDeviceId] }),
		// To devices that are, or were, in that call: so nobody can fill this with devices that never were.
		foreignKey({
			name: 'call_connections_device',
			columns: [t.callId, t.deviceId],
			foreignColumns: [callDevices.callId, callDevices.deviceId]
		}).onDelete('cascade'),
		foreignKey({
			name: 'call_connections_peer_device',
			columns: [t.callId, t.peerDeviceId],
			foreignColumns: [callDevices.callId, callDevices.deviceId]
		}).onDelete('cascade'),
		index('call_connections_reported_at').on(t.reportedAt)
	]
);
