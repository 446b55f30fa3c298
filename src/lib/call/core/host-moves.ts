import { isPresent, patchDevices, patchParticipants, removeDevices } from './call-moves';
import { presentDevices, type CallState } from './call-state';
import { fail } from './errors';
import { lowerHands } from './hands';

/** What a host may do to somebody else in the call; a hand may be their own. */
export type PersonEvent = {
	/** `mute` turns a microphone off, which its person may turn on again; `remove` is for good. */
	type: 'mute' | 'remove' | 'hand-over' | 'lower-hand';
	userId: string;
	targetId: string;
};

export type HostEvent = PersonEvent | { type: 'lower-hands'; userId: string };

/** @throws {ParleyError} `call/not-host`, `call/not-a-participant` */
export function applyHostEvent(call: CallState, event: HostEvent, now: number): CallState {
	const { userId } = event;
	if (userId !== call.hostId) return fail('call/not-host');
	if (event.type === 'lower-hands') return lowerHands(call, () => true);
	const { type, targetId } = event;
	const target = call.participants.find((one) => one.userId === targetId);
	const inside = presentDevices(call).some((device) => device.userId === targetId);
	if (!target || (!inside && type !== 'remove')) return fail('call/not-a-participant');
	if (type === 'lower-hand') return lowerHands(call, (device) => device.userId === targetId);
	if (targetId === userId) return type === 'hand-over' ? call : fail('call/not-a-participant');

	if (type === 'hand-over') return { ...call, hostId: targetId };
	if (type === 'mute') {
		return patchDevices(call, (device) =>
			device.userId === targetId && device.microphoneEnabled && isPresent(call, device.deviceId)
				? { ...device, microphoneEnabled: false, mutedByHost: device.mutedByHost + 1 }
				: device
		);
	}
	const removed = patchParticipants(call, (one) => {
		if (one.userId !== targetId || one.removedAt !== null) return one;
		const invite = one.invite === 'ringing' ? 'cancelled' : one.invite;
		return { ...one, invite, ringUntil: null, removedAt: now };
	});
	return removeDevices(removed, (device) => device.userId === targetId, now);
}
