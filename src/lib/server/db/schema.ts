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
	timestamp,
	unique,
	uniqueIndex,
	uuid
} from 'drizzle-orm/pg-core';
import type { ConnectionFacts } from '../../call/core/connection-report';
import { HAPPENINGS } from '../../call/core/call-timeline';
import { bytea, clock, instant } from './columns';

// --- people ---------------------------------------------------------------------------------------------

export const users = pgTable('users', {
	id: uuid('id').primaryKey().defaultRandom(),
	/** Lower case: two people whose names differ in case only would be taken for each other. */
	username: text('username').notNull().unique(),
	displayName: text('display_name').notNull(),
	passwordHash: text('password_hash').notNull(),
	createdAt: instant('created_at').notNull().default(clock),
	/** Nobody is deleted: histories keep their names. */
	deactivatedAt: instant('deactivated_at'),
	/** Until then nothing rings for this person: a call finds them busy. Null or past: it rings. */
	doNotDisturbUntil: instant('do_not_disturb_until')
});

/** `id` is sha256(token) in hex: who reads this table cannot sign in with what it holds. */
export const sessions = pgTable(
	'sessions',
	{
		id: text('id').primaryKey(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		/** The one Date in the schema: lucia's adapter reads and writes it as such. */
		expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'date' }).notNull()
	},
	(t) => [index('sessions_user').on(t.userId), index('sessions_expires_at').on(t.expiresAt)]
);

/** Personal tokens of other programs. Only the hash is kept. */
export const apiTokens = pgTable(
	'api_tokens',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		tokenHash: text('token_hash').notNull().unique(),
		createdAt: instant('created_at').notNull().default(clock),
		lastUsedAt: instant('last_used_at')
	},
	(t) => [index('api_tokens_user').on(t.userId)]
);

// --- rooms ----------------------------------------------------------------------------------------------

export const roomKind = pgEnum('room_kind', ['group', 'direct']);
export const memberRole = pgEnum('member_role', ['owner', 'member']);

export const rooms = pgTable(
	'rooms',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		kind: roomKind('kind').notNull(),
		/** Empty for a direct room: each of the two sees the other's name. */
		name: text('name').notNull(),
		/** Both user ids, sorted, with a colon: one direct room per pair. */
		directKey: text('direct_key').unique(),
		/** The number of the newest message; raised under this row's lock, so the log has no holes. */
		lastN: integer('last_n').notNull().default(0),
		createdAt: instant('created_at').notNull().default(clock),
		/** When its name, its members or `lastN` changed last; no two changes have the same (`nextStamp`). */
		changedAt: instant('changed_at').notNull().default(clock)
	},
	(t) => [index('rooms_changed_at').on(t.changedAt)]
);

export const roomMembers = pgTable(
	'room_members',
	{
		roomId: uuid('room_id')
			.notNull()
			.references(() => rooms.id, { onDelete: 'cascade' }),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		role: memberRole('role').notNull(),
		joinedAt: instant('joined_at').notNull().default(clock)
	},
	(t) => [primaryKey({ columns: [t.roomId, t.userId] }), index('room_members_user').on(t.userId)]
);

export const roomInvites = pgTable('room_invites', {
	code: text('code').primaryKey(),
	roomId: uuid('room_id')
		.notNull()
		.unique()
		.references(() => rooms.id, { onDelete: 'cascade' }),
	createdBy: uuid('created_by')
		.notNull()
		.references(() => users.id),
	createdAt: instant('created_at').notNull().default(clock)
});

export const messages = pgTable(
	'messages',
	{
		roomId: uuid('room_id')
			.notNull()
			.references(() => rooms.id, { onDelete: 'cascade' }),
		n: integer('n').notNull(),
		/** Chosen by the author's client: sending it again changes nothing. */
		id: uuid('id').notNull(),
		authorId: uuid('author_id')
			.notNull()
			.references(() => users.id),
		body: text('body').notNull(),
		createdAt: instant('created_at').notNull().default(clock)
	},
	(t) => [primaryKey({ columns: [t.roomId, t.n] }), unique('messages_author_id').on(t.authorId, t.id)]
);

// --- calls ----------------------------------------------------------------------------------------------

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
		changedAt: instant('changed_at').notNull().default(clock)
	},
	(t) => [
		uniqueIndex('calls_one_live_per_room')
			.on(t.roomId)
			.where(sql`${t.phase} <> 'ended'`),
		index('calls_next_deadline')
			.on(t.nextDeadlineAt)
			.where(sql`${t.phase} <> 'ended'`),
		index('calls_changed_at').on(t.changedAt)
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
		startedAt: instant('started_at').notNull()
	},
	(t) => [
		primaryKey({ columns: [t.callId, t.userId] }),
		index('call_participants_history').on(t.userId, t.startedAt, t.callId)
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

/** A device's part in one call. The row stays when the device goes, so `device_id` refers to nothing. */
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
		/** How often a host has turned its microphone off. */
		mutedByHost: integer('muted_by_host').notNull().default(0)
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

// --- signals --------------------------------------------------------------------------------------------

export const signalKind = pgEnum('signal_kind', ['offer', 'answer', 'candidates']);

/** A device's mailbox. `head` is raised under this row's lock: commit order is read order, without holes. */
export const mailboxes = pgTable('mailboxes', {
	/** The device's id. */
	id: uuid('id')
		.primaryKey()
		.references(() => devices.id, { onDelete: 'cascade' }),
	epoch: integer('epoch').notNull().default(1),
	/** The newest seq of this epoch; 0 when it has none. */
	head: integer('head').notNull().default(0),
	/** Everything up to here was taken by the device. Never past `head`. */
	acked: integer('acked').notNull().default(0)
});

/** What the mailbox knows of each sender for its whole life: also after the rows are gone. */
export const mailboxSenders = pgTable(
	'mailbox_senders',
	{
		mailboxId: uuid('mailbox_id')
			.notNull()
			.references(() => mailboxes.id, { onDelete: 'cascade' }),
		fromDeviceId: uuid('from_device_id').notNull(),
		/** The last number taken from this sender. n <= last_n is a repetition; n > last_n + 1 is a gap. */
		lastN: integer('last_n').notNull()
	},
	(t) => [primaryKey({ columns: [t.mailboxId, t.fromDeviceId] })]
);

/** A device's ordered signals. `seq` is taken under the mailbox row's lock. */
export const signals = pgTable(
	'signals',
	{
		mailboxId: uuid('mailbox_id')
			.notNull()
			.references(() => mailboxes.id, { onDelete: 'cascade' }),
		epoch: integer('epoch').notNull(),
		seq: integer('seq').notNull(),
		fromDeviceId: uuid('from_device_id').notNull(),
		callId: uuid('call_id').notNull(),
		callVersion: integer('call_version').notNull(),
		kind: signalKind('kind').notNull(),
		/** Opaque here; the receiving device parses it. */
		body: bytea('body').notNull(),
		createdAt: instant('created_at').notNull().default(clock),
		expiresAt: instant('expires_at').notNull()
	},
	(t) => [primaryKey({ columns: [t.mailboxId, t.epoch, t.seq] }), index('signals_expires_at').on(t.expiresAt)]
);

// --- endings --------------------------------------------------------------------------------------------

/**
 * What ended a moment ago and left no row behind that could show it. Written in the transaction that ends it, and
 * swept after a minute: a server that lost the bus' word of it finds it here.
 */
export const endings = pgTable(
	'endings',
	{
		/** The bus topic that it concerns: `session:ID` (tokens too), `device:ID` or `user:ID`. */
		topic: text('topic').notNull(),
		/** Of a user: the room that they are not in any more; null when their missed calls were looked at. */
		roomId: uuid('room_id'),
		endedAt: instant('ended_at').notNull().default(clock)
	},
	(t) => [index('endings_ended_at').on(t.endedAt)]
);
