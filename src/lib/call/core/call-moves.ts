import type {
	CallDevice,
	CallParticipant,
	CallSettings,
	CallState,
	DeviceMedia,
	MediaChoice
} from './call-state';
import { presentDevices } from './call-state';
import { fail } from './errors';
import type { EndReason } from './snapshot';

/** A device comes in. The same person's other devices leave in the same step, so moving a call never ends it. */
export function enter(
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
	if (known && known.removedAt !== null) return fail('call/removed');
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
				{
					userId,
					role: 'callee',
					invite: 'accepted',
					ringUntil: null,
					answeredAt: now,
					leftAt: null,
					removedAt: null
				}
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
		cameraEnabled: media.cameraEnabled,
		screenEnabled: false,
		mutedByHost: 0,
		// A hand that is up stays up when its person goes on at another device, or reloads the page.
		handRaisedAt: presentDevices(call).find((one) => one.userId === userId)?.handRaisedAt ?? null
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
export function finish(call: CallState, cause: 'cancelled' | null, now: number): CallState {
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

/** Whether a device is in the call: joined, or within its grace. */
export function isPresent(call: CallState, deviceId: string): boolean {
	return call.devices.some((device) => device.deviceId === deviceId && device.presence !== 'left');
}

/** What a device that cannot be heard is, until its grace is over. */
export function silence(device: CallDevice, now: number, settings: CallSettings): CallDevice {
	return {
		...device,
		presence: 'reconnecting',
		leaseUntil: null,
		graceUntil: now + settings.reconnectGraceMs
	};
}

function departed(device: CallDevice, now: number): CallDevice {
	return {
		...device,
		presence: 'left',
		leaseUntil: null,
		graceUntil: null,
		leftAt: now,
		screenEnabled: false,
		handRaisedAt: null
	};
}

/** The same device comes back when it sends all that already. */
export function chooseMedia(device: CallDevice, media: DeviceMedia): CallDevice {
	const { microphoneEnabled, cameraEnabled, screenEnabled } = media;
	const same =
		device.microphoneEnabled === microphoneEnabled &&
		device.cameraEnabled === cameraEnabled &&
		device.screenEnabled === screenEnabled;
	return same ? device : { ...device, microphoneEnabled, cameraEnabled, screenEnabled };
}

/** Devices leave, and with a person's last device that person. */
export function removeDevices(
	call: CallState,
	goes: (device: CallDevice) => boolean,
	now: number
): CallState {
	const next = patchDevices(call, (device) =>
		device.presence !== 'left' && goes(device) ? departed(device, now) : device
	);
	if (next === call) return call;
	const stays = new Set(presentDevices(next).map((device) => device.userId));
	return patchParticipants(next, (one) =>
		one.answeredAt !== null && one.leftAt === null && !stays.has(one.userId) ? { ...one, leftAt: now } : one
	);
}

/** The same call comes back when no device changed. */
export function patchDevices(call: CallState, patch: (device: CallDevice) => CallDevice): CallState {
	const devices = call.devices.map(patch);
	return devices.some((device, index) => device !== call.devices[index]) ? { ...call, devices } : call;
}

/** The same call comes back when no participant changed. */
export function patchParticipants(
	call: CallState,
	patch: (participant: CallParticipant) => CallParticipant
): CallState {
	const participants = call.participants.map(patch);
	return participants.some((one, index) => one !== call.participants[index])
		? { ...call, participants }
		: call;
}
