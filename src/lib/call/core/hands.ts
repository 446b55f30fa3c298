import { patchDevices } from './call-moves';
import { presentDevices, type CallDevice, type CallState } from './call-state';
import type { DeviceSnapshot } from './snapshot';

/** Raises a hand, or puts it down. One that is up keeps its place. */
export function setHand(call: CallState, deviceId: string, raised: boolean, now: number): CallState {
	const newest = Math.max(0, ...presentDevices(call).map(({ handRaisedAt }) => handRaisedAt ?? 0));
	return patchDevices(call, (device) => {
		if (device.deviceId !== deviceId || (device.handRaisedAt !== null) === raised) return device;
		// After all that are up: also in the same millisecond, and by a clock that was put back.
		return { ...device, handRaisedAt: raised ? Math.max(now, newest + 1) : null };
	});
}

export function lowerHands(call: CallState, whose: (device: CallDevice) => boolean): CallState {
	return patchDevices(call, (device) =>
		device.handRaisedAt !== null && whose(device) ? { ...device, handRaisedAt: null } : device
	);
}

/** The devices whose people have their hands up, in the order in which they raised them. */
export function raisedHands(devices: readonly DeviceSnapshot[]): DeviceSnapshot[] {
	return devices
		.filter(({ handRaisedAt }) => handRaisedAt !== null)
		.sort((a, b) => (a.handRaisedAt ?? 0) - (b.handRaisedAt ?? 0));
}
