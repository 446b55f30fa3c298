import type { CallDevice, CallParticipant, CallSettings, CallState, MediaChoice } from './call-state';
import { presentDevices } from './call-state';
import { fail } from './errors';
import type { CallKind, EndReason } from './snapshot';
import { assertNever } from './step';

/**
 * The life of a call, owned by the server.
 *
 *            start                 first callee joins              last one leaves · end · direct: either leaves
 *   (none) ─────────► ringing ─────────────────────────► active ────────────────────────────────────► ended
 *                        │                                                                              ▲
 *                        └── caller leaves or ends · all declined, busy or missed (ring lifetime) ──────┘
 *
 * A person's invite:     ringing ─► accepted | declined | missed | cancelled      (join: any ─► accepted)
 * A device's presence:   joined ◄─► reconnecting ─► left                          (join of the same person: ─► left)
 *
 * Pure: time is an argument, and everything due by then happens before the event does. So an accept that comes
 * after the deadline finds a missed call, whatever the sweeper has been doing.
 */
export type CallEvent =
	/** A device answers the ring. Refused when nothing rings for this person any more. */
	| ({ type: 'accept'; userId: string; deviceId: string } & MediaChoice)
	/** A device comes in without a ring: later, again after a reload, or in place of the person's other device. */
	| ({ type: 'join'; userId: string; deviceId: string } & MediaChoice)
	| { type: 'decline'; userId: string }
	| { type: 'leave'; deviceId: string }
	| { type: 'end'; userId: string }
	/** The page is being left, or its stream broke: it may come back within its grace. */
	| { type: 'device-silent'; deviceId: string }
	| { type: 'device-heard'; deviceId: string }
	| ({ type: 'media-chosen'; deviceId: string } & MediaChoice)
	| { type: 'media-connected'; deviceId: string }
	| { type: 'media-failed'; deviceId: string; why: string }
	| { type: 'member-gone'; userId: string }
	/** A mailbox in this call began anew: nothing but the version moves, so that everybody reads the new epoch. */
	| { type: 'mailbox-reset'; deviceId: string }
	/** Nothing but time. */
	| { type: 'tick' };

export type StartCall = MediaChoice & {
	id: string;
	roomId: string;
	kind: CallKind;
	callerId: string;
	deviceId: string;
	calleeIds: readonly string[];
};

/** @throws {ParleyError} `call/nobody-to-call` */
export function startCall(start: StartCall, now: number, settings: CallSettings): CallState {
	if (start.calleeIds.length === 0) fail('call/nobody-to-call');
	const callees = start.calleeIds.map((userId): CallParticipant => ({
		userId,
		role: 'callee',
		invite: 'ringing',
		ringUntil: now + settings.ringLifetimeMs,
		answeredAt: null,
		leftAt: null
	}));
	const caller: CallParticipant = {
		userId: start.callerId,
		role: 'caller',
		invite: 'accepted',
		ringUntil: null,
		answeredAt: now,
		leftAt: null
	};
	const call: CallState = {
		id: start.id,
		roomId: start.roomId,
		direct: start.calleeIds.length === 1,
		kind: start.kind,
		phase: 'ringing',
		version: 1,
		callerId: start.callerId,
		hostId: start.callerId,
		startedAt: now,
		activeAt: null,
		endedAt: null,
		endReason: null,
		failure: null,
		connectedAt: null,
		aloneSince: null,
		participants: [caller, ...callees],
		devices: []
	};
	return enter(call, start.callerId, start.deviceId, start, now, settings);
}

/**
 * Applies what is due by `now`, then the event. The same object comes back when nothing changed; otherwise
 * its version is higher by one.
 *
 * @throws {ParleyError} with a `call/…` key when the event does not fit; nothing has changed then
 */
export function transition(
	call: CallState,
	event: CallEvent,
	now: number,
	settings: CallSettings
): CallState {
	if (call.phase === 'ended') return isFarewell(event) ? call : fail('call/over');
	const due = settle(elapse(call, now, settings), now);
	if (due.phase === 'ended' && !isFarewell(event)) {
		// The deadline is the fact, whoever notices it first. The event came too late and is not applied.
		return { ...due, version: call.version + 1 };
	}
	const next = due.phase === 'ended' ? due : settle(handle(due, event, now, settings), now);
	return next === call ? call : { ...next, version: call.version + 1 };
}

/** Events that an ended call has no quarrel with: what they want is true of it already. */
export function isFarewell(event: CallEvent): boolean {
	switch (event.type) {
		case 'tick':
		case 'leave':
		case 'decline':
		case 'end':
		case 'device-silent':
		case 'media-failed':
		case 'member-gone':
		case 'mailbox-reset':
			return true;
		case 'accept':
		case 'join':
		case 'device-heard':
		case 'media-chosen':
		case 'media-connected':
			return false;
		default:
			return assertNever(event);
	}
}

function handle(call: CallState, event: CallEvent, now: number, settings: CallSettings): CallState {
	switch (event.type) {
		case 'accept': {
			const participant = call.participants.find((one) => one.userId === event.userId);
			if (!participant) return fail('call/not-ringing');
			if (participant.invite === 'accepted') {
				// The same device twice: the answer to its first request was lost.
				if (isPresent(call, event.deviceId)) return call;
				return fail('call/already-answered');
			}
			if (participant.invite !== 'ringing') return fail('call/not-ringing');
			return enter(call, event.userId, event.deviceId, event, now, settings);
		}
		case 'join':
			return enter(call, event.userId, event.deviceId, event, now, settings);
		case 'decline':
			return patchParticipants(call, (one) =>
				one.userId === event.userId && one.invite === 'ringing'
					? { ...one, invite: 'declined', ringUntil: null }
					: one
			);
		case 'leave':
			return removeDevices(call, (device) => device.deviceId === event.deviceId, now);
		case 'end':
			if (event.userId !== call.hostId) return fail('call/not-host');
			return finish(call, call.phase === 'ringing' ? 'cancelled' : null, now);
		case 'device-silent':
			return patchDevices(call, (device) =>
				device.deviceId === event.deviceId && device.presence === 'joined'
					? silence(device, now, settings)
					: device
			);
		case 'device-heard':
			if (!isPresent(call, event.deviceId)) return fail('call/not-a-participant');
			return patchDevices(call, (device) =>
				device.deviceId === event.deviceId && device.presence === 'reconnecting'
					? { ...device, presence: 'joined', graceUntil: null, leaseUntil: now + settings.leaseLifetimeMs }
					: device
			);
		case 'media-chosen':
			if (!isPresent(call, event.deviceId)) return fail('call/not-a-participant');
			return patchDevices(call, (device) => {
				if (device.deviceId !== event.deviceId) return device;
				const { microphoneEnabled, cameraEnabled } = event;
				if (device.microphoneEnabled === microphoneEnabled && device.cameraEnabled === cameraEnabled)
					return device;
				return { ...device, microphoneEnabled, cameraEnabled };
			});
		case 'media-connected':
			if (!isPresent(call, event.deviceId)) return fail('call/not-a-participant');
			if (call.connectedAt !== null || call.phase !== 'active') return call;
			return { ...call, connectedAt: now, failure: null };
		case 'media-failed':
			if (!isPresent(call, event.deviceId) || call.connectedAt !== null || call.failure !== null) return call;
			return { ...call, failure: event.why };
		case 'member-gone': {
			const uninvited = patchParticipants(call, (one) =>
				one.userId === event.userId && one.invite === 'ringing'
					? { ...one, invite: 'cancelled', ringUntil: null }
					: one
			);
			return removeDevices(uninvited, (device) => device.userId === event.userId, now);
		}
		case 'mailbox-reset':
			return isPresent(call, event.deviceId) ? { ...call } : call;
		case 'tick':
			return call;
		default:
			return assertNever(event);
	}
}

/** What time alone does: rings run out, leases lapse, graces end, a lonely call is over. */
function elapse(call: CallState, now: number, settings: CallSettings): CallState {
	let next = patchParticipants(call, (one) =>
		one.invite === 'ringing' && one.ringUntil !== null && one.ringUntil <= now
			? { ...one, invite: 'missed', ringUntil: null }
			: one
	);
	next = patchDevices(next, (device) =>
		device.presence === 'joined' && device.leaseUntil !== null && device.leaseUntil <= now
			? silence(device, now, settings)
			: device
	);
	next = removeDevices(
		next,
		(device) => device.presence === 'reconnecting' && device.graceUntil !== null && device.graceUntil <= now,
		now
	);
	if (next.aloneSince !== null && next.aloneSince + settings.aloneLimitMs <= now)
		return finish(next, null, now);
	return next;
}

/** What follows from who is there: ended, a new host, alone. */
function settle(call: CallState, now: number): CallState {
	if (call.phase === 'ended') return call;
	const present = presentDevices(call);

	if (call.phase === 'ringing') {
		if (!present.some((device) => device.userId === call.callerId)) return finish(call, 'cancelled', now);
		if (!call.participants.some((one) => one.invite === 'ringing')) return finish(call, null, now);
		return call;
	}

	const people = new Set(present.map((device) => device.userId));
	if (people.size === 0 || (call.direct && people.size < 2)) return finish(call, null, now);

	let next = call;
	if (!people.has(call.hostId)) {
		// The host passes on to whoever has been there longest.
		const heir = present.reduce((first, device) => (device.joinOrder < first.joinOrder ? device : first));
		next = { ...next, hostId: heir.userId };
	}
	const alone = people.size === 1;
	if (alone !== (next.aloneSince !== null)) next = { ...next, aloneSince: alone ? now : null };
	return next;
}

/** A device comes in. The same person's other devices leave in the same step, so moving a call never ends it. */
function enter(
	call: CallState,
	userId: string,
	deviceId: string,
	media: MediaChoice,
	now: number,
	settings: CallSettings
): CallState {
	if (isPresent(call, deviceId)) {
		// Again: an answer was lost, or a page that came back within its grace.
		return patchDevices(call, (device) =>
			device.deviceId === deviceId && device.presence === 'reconnecting'
				? { ...device, presence: 'joined', graceUntil: null, leaseUntil: now + settings.leaseLifetimeMs }
				: device
		);
	}
	const others = presentDevices(call).filter((device) => device.userId !== userId);
	if (others.length >= settings.meshLimit) return fail('call/full', { limit: settings.meshLimit });

	const known = call.participants.find((one) => one.userId === userId);
	const participants: CallParticipant[] = known
		? call.participants.map((one) =>
				one.userId === userId
					? {
							...one,
							invite: 'accepted',
							ringUntil: null,
							answeredAt: one.answeredAt ?? now,
							leftAt: null
						}
					: one
			)
		: [
				...call.participants,
				{ userId, role: 'callee', invite: 'accepted', ringUntil: null, answeredAt: now, leftAt: null }
			];

	const device: CallDevice = {
		deviceId,
		userId,
		presence: 'joined',
		joinOrder: 1 + Math.max(0, ...call.devices.map((one) => one.joinOrder)),
		joinedAt: now,
		leaseUntil: now + settings.leaseLifetimeMs,
		graceUntil: null,
		leftAt: null,
		microphoneEnabled: media.microphoneEnabled,
		cameraEnabled: media.cameraEnabled
	};
	// A device that left and comes back begins anew, under a new joinOrder: its peers see a new arrival.
	const devices = [
		...call.devices
			.filter((one) => one.deviceId !== deviceId)
			.map((one) => (one.userId === userId && one.presence !== 'left' ? departed(one, now) : one)),
		device
	];
	const answered = call.phase === 'ringing' && userId !== call.callerId;
	return {
		...call,
		participants,
		devices,
		// A third person makes it a group call for good: it outlives whoever leaves.
		direct: call.direct && participants.length === 2,
		...(answered ? { phase: 'active' as const, activeAt: now } : {})
	};
}

/** Ends the call. The reason is the first that fits; who still rings has missed it, or was cancelled. */
function finish(call: CallState, cause: 'cancelled' | null, now: number): CallState {
	const devices = call.devices.map((device) => (device.presence === 'left' ? device : departed(device, now)));
	const participants = call.participants.map((one): CallParticipant => {
		const left = one.answeredAt !== null && one.leftAt === null ? { ...one, leftAt: now } : one;
		if (one.invite !== 'ringing') return left;
		return { ...left, invite: cause === 'cancelled' ? 'cancelled' : 'missed', ringUntil: null };
	});
	const ended = { ...call, participants, devices };
	const reason = endReasonOf(ended, cause);
	return {
		...ended,
		phase: 'ended',
		endedAt: now,
		endReason: reason,
		failure: reason === 'failed' ? (call.failure ?? 'No connection came up before the call ended.') : null,
		aloneSince: null
	};
}

function endReasonOf(call: CallState, cause: 'cancelled' | null): EndReason {
	const callees = call.participants.filter((one) => one.role === 'callee');
	if (call.activeAt !== null) return call.connectedAt === null ? 'failed' : 'completed';
	if (cause === 'cancelled') return 'cancelled';
	if (callees.some((one) => one.invite === 'declined')) return 'declined';
	if (callees.length > 0 && callees.every((one) => one.invite === 'busy')) return 'busy';
	return 'missed';
}

function isPresent(call: CallState, deviceId: string): boolean {
	return call.devices.some((device) => device.deviceId === deviceId && device.presence !== 'left');
}

function silence(device: CallDevice, now: number, settings: CallSettings): CallDevice {
	return {
		...device,
		presence: 'reconnecting',
		leaseUntil: null,
		graceUntil: now + settings.reconnectGraceMs
	};
}

function departed(device: CallDevice, now: number): CallDevice {
	return { ...device, presence: 'left', leaseUntil: null, graceUntil: null, leftAt: now };
}

function removeDevices(call: CallState, goes: (device: CallDevice) => boolean, now: number): CallState {
	const next = patchDevices(call, (device) =>
		device.presence !== 'left' && goes(device) ? departed(device, now) : device
	);
	if (next === call) return call;
	const stays = new Set(presentDevices(next).map((device) => device.userId));
	return patchParticipants(next, (one) =>
		one.answeredAt !== null && one.leftAt === null && !stays.has(one.userId) ? { ...one, leftAt: now } : one
	);
}

function patchDevices(call: CallState, patch: (device: CallDevice) => CallDevice): CallState {
	const devices = call.devices.map(patch);
	return devices.some((device, index) => device !== call.devices[index]) ? { ...call, devices } : call;
}

function patchParticipants(
	call: CallState,
	patch: (participant: CallParticipant) => CallParticipant
): CallState {
	const participants = call.participants.map(patch);
	return participants.some((one, index) => one !== call.participants[index])
		? { ...call, participants }
		: call;
}
