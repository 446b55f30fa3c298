import { startCall, transition, type CallEvent } from './call';
import { presentDevices, type CallSettings, type CallState } from './call-state';
import { ParleyError } from './errors';

// What the tests of a call's life stand on: Ann calls, and others do something some time later.

export const settings: CallSettings = {
	ringLifetimeMs: 45_000,
	reconnectGraceMs: 20_000,
	leaseLifetimeMs: 20_000,
	aloneLimitMs: 300_000,
	meshLimit: 3,
	ringAtMost: 100
};
export const ANN = 'ann';
export const BOB = 'bob';
export const CAT = 'cat';
export const both = { microphoneEnabled: true, cameraEnabled: true };
/** Both, and no screen: what a device that is in the call says. */
export const bothOn = { ...both, screenEnabled: false };
export const T = 1_000_000;

export const start = (calleeIds: string[], busyIds: string[] = []) =>
	startCall(
		{
			id: 'call',
			roomId: 'room',
			kind: 'video',
			callerId: ANN,
			deviceId: 'ann-1',
			calleeIds,
			busyIds,
			...both
		},
		T,
		settings
	);

export const accept = (userId: string, device = `${userId}-1`): CallEvent => ({
	type: 'accept',
	userId,
	deviceId: device,
	...both
});
export const join = (userId: string, device = `${userId}-1`): CallEvent => ({
	type: 'join',
	userId,
	deviceId: device,
	...both
});

/** Runs events one after the other, each so many milliseconds after the start. */
export function run(call: CallState, ...events: [afterMs: number, event: CallEvent][]): CallState {
	return events.reduce((state, [afterMs, event]) => transition(state, event, T + afterMs, settings), call);
}

export const inviteOf = (call: CallState, userId: string) =>
	call.participants.find((one) => one.userId === userId)?.invite;

export function keyOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof ParleyError) return error.key;
		throw error;
	}
	return '(no failure)';
}

/** What is wrong with the raised hands of a call: they stand in one order, and none gets before another one. */
export function wrongHands(before: CallState, after: CallState): string[] {
	const upIn = (call: CallState) =>
		presentDevices(call).flatMap(({ userId, handRaisedAt: at }) => (at === null ? [] : [{ userId, at }]));
	const was = new Map(upIn(before).map(({ userId, at }) => [userId, at]));
	const newest = Math.max(0, ...was.values());
	const up = upIn(after);
	const gone = after.devices.filter((one) => one.presence === 'left' && one.handRaisedAt !== null);
	const moved = up.filter(({ userId, at }) => (was.has(userId) ? at !== was.get(userId) : at <= newest));
	return [
		...gone.map(({ deviceId }) => `${deviceId} has left`),
		...moved.map(({ userId }) => `${userId} is not where they were, or not the last`),
		...(new Set(up.map(({ at }) => at)).size < up.length ? ['two in one place'] : [])
	];
}
