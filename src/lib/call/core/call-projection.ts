import type { CallSettings, CallState } from './call-state';
import { presentDevices } from './call-state';
import type { CallSnapshot, RingSetting } from './snapshot';

/** What a snapshot says beyond the call's own row. */
export type ProjectionContext = {
	viewerId: string;
	roomName: string;
	ring: RingSetting;
	nameOf: (userId: string) => string;
	epochOf: (deviceId: string) => number;
	settings: Pick<CallSettings, 'aloneLimitMs'>;
};

/** What one viewer may see of a call. */
export function projectCall(call: CallState, context: ProjectionContext): CallSnapshot {
	const isCaller = call.callerId === context.viewerId;
	return {
		id: call.id,
		roomId: call.roomId,
		roomName: context.roomName,
		ring: context.ring,
		direct: call.direct,
		kind: call.kind,
		phase: call.phase,
		version: call.version,
		callerId: call.callerId,
		hostId: call.hostId,
		startedAt: call.startedAt,
		activeAt: call.activeAt,
		endedAt: call.endedAt,
		endReason: withoutBusy(call.endReason, isCaller),
		aloneUntil: call.aloneSince === null ? null : call.aloneSince + context.settings.aloneLimitMs,
		failure: call.failure,
		participants: call.participants.map((one) => ({
			userId: one.userId,
			displayName: context.nameOf(one.userId),
			role: one.role,
			invite: withoutBusy(one.invite, isCaller),
			ringUntil: one.ringUntil,
			removed: one.removedAt !== null
		})),
		devices: presentDevices(call).map((device) => ({
			deviceId: device.deviceId,
			userId: device.userId,
			presence: device.presence === 'reconnecting' ? 'reconnecting' : 'joined',
			joinOrder: device.joinOrder,
			epoch: context.epochOf(device.deviceId),
			microphoneEnabled: device.microphoneEnabled,
			cameraEnabled: device.cameraEnabled,
			screenEnabled: device.screenEnabled,
			mutedByHost: device.mutedByHost,
			handRaisedAt: device.handRaisedAt
		}))
	};
}

/** A do-not-disturb is told to the caller only; to anybody else the call was missed. */
export function withoutBusy<Told extends string | null>(
	told: Told,
	isCaller: false
): Exclude<Told, 'busy'> | 'missed';
export function withoutBusy<Told extends string | null>(told: Told, isCaller: boolean): Told | 'missed';
export function withoutBusy(told: string | null, isCaller: boolean): string | null {
	return told === 'busy' && !isCaller ? 'missed' : told;
}
