import {
	chooseMedia,
	enter,
	finish,
	isPresent,
	patchDevices,
	patchParticipants,
	removeDevices,
	silence
} from './call-moves';
import {
	presentDevices,
	type CallParticipant,
	type CallSettings,
	type CallState,
	type DeviceMedia,
	type MediaChoice
} from './call-state';
import { fail } from './errors';
import { setHand } from './hands';
import { applyHostEvent, type HostEvent } from './host-moves';
import type { CallKind } from './snapshot';
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
	| HostEvent
	/** The page is being left, or its stream broke: it may come back within its grace. */
	| { type: 'device-silent'; deviceId: string }
	| { type: 'device-heard'; deviceId: string }
	| ({ type: 'media-chosen'; deviceId: string } & DeviceMedia)
	| { type: 'hand-set'; deviceId: string; raised: boolean }
	| { type: 'media-connected'; deviceId: string }
	| { type: 'media-failed'; deviceId: string; why: string }
	/** Alone in the call, and willing to wait as long again. */
	| { type: 'stay'; deviceId: string }
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
	/** Of the callees: who is not to be disturbed. */
	busyIds: readonly string[];
};

/** @throws {ParleyError} `call/nobody-to-call` */
export function startCall(start: StartCall, now: number, settings: CallSettings): CallState {
	if (start.calleeIds.length === 0) fail('call/nobody-to-call');
	const callees = start.calleeIds.map((userId): CallParticipant => {
		const rings = !start.busyIds.includes(userId);
		return {
			userId,
			role: 'callee',
			invite: rings ? 'ringing' : 'busy',
			ringUntil: rings ? now + settings.ringLifetimeMs : null,
			answeredAt: null,
			leftAt: null,
			removedAt: null
		};
	});
	const caller: CallParticipant = {
		userId: start.callerId,
		role: 'caller',
		invite: 'accepted',
		ringUntil: null,
		answeredAt: now,
		leftAt: null,
		removedAt: null
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
	// Where nobody is to be disturbed it is over as it begins.
	return settle(enter(call, start.callerId, start.deviceId, start, now, settings), now);
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
		case 'hand-set':
		case 'media-connected':
		case 'mute':
		case 'remove':
		case 'hand-over':
		case 'lower-hand':
		case 'lower-hands':
		case 'stay':
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
		case 'mute':
		case 'remove':
		case 'hand-over':
		case 'lower-hand':
		case 'lower-hands':
			return applyHostEvent(call, event, now);
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
			return patchDevices(call, (device) =>
				device.deviceId === event.deviceId ? chooseMedia(device, event) : device
			);
		case 'hand-set':
			if (!isPresent(call, event.deviceId)) return fail('call/not-a-participant');
			return setHand(call, event.deviceId, event.raised, now);
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
		case 'stay':
			if (!isPresent(call, event.deviceId)) return fail('call/not-a-participant');
			return call.aloneSince === null ? call : { ...call, aloneSince: now };
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
