import type { CallKind, CallPhase, EndReason, InviteState } from './snapshot';

/** A person in a call. Settled invites are final, except upward: joining later makes any of them `accepted`. */
export type CallParticipant = {
	readonly userId: string;
	readonly role: 'caller' | 'callee';
	readonly invite: InviteState;
	/** While `ringing`: when it becomes `missed`. */
	readonly ringUntil: number | null;
	readonly answeredAt: number | null;
	readonly leftAt: number | null;
	/** When the host removed them: they do not come in again. */
	readonly removedAt: number | null;
};

/** A page or program of a person in a call. Rows stay after `left`: they are the call's record. */
export type CallDevice = {
	readonly deviceId: string;
	readonly userId: string;
	readonly presence: 'joined' | 'reconnecting' | 'left';
	readonly joinOrder: number;
	readonly joinedAt: number;
	/** While `joined`: silence until here makes it `reconnecting`. */
	readonly leaseUntil: number | null;
	/** While `reconnecting`: it has left at this instant. */
	readonly graceUntil: number | null;
	readonly leftAt: number | null;
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	/** Nobody comes in sharing, and who left shares no more. */
	readonly screenEnabled: boolean;
	/** How often a host has turned its microphone off. It rises, so that a late snapshot mutes nobody twice. */
	readonly mutedByHost: number;
	/** Since when its person's hand is up; null while it is down. No two are of one instant: that is their order. */
	readonly handRaisedAt: number | null;
};

/** A call as the server keeps it. Instants are Unix milliseconds of the database's clock. */
export type CallState = {
	readonly id: string;
	readonly roomId: string;
	/** A two-person call: it ends when either leaves. */
	readonly direct: boolean;
	readonly kind: CallKind;
	readonly phase: CallPhase;
	readonly version: number;
	readonly callerId: string;
	readonly hostId: string;
	readonly startedAt: number;
	readonly activeAt: number | null;
	readonly endedAt: number | null;
	readonly endReason: EndReason | null;
	readonly failure: string | null;
	/** When media first flowed; an accepted call that never had it has failed. */
	readonly connectedAt: number | null;
	/** Since when a single device is in an active group call. */
	readonly aloneSince: number | null;
	readonly participants: readonly CallParticipant[];
	readonly devices: readonly CallDevice[];
};

export type CallSettings = {
	readonly ringLifetimeMs: number;
	readonly reconnectGraceMs: number;
	readonly leaseLifetimeMs: number;
	/** How long one device may be alone in a group call before it ends. */
	readonly aloneLimitMs: number;
	/** The most devices that may be in one call. */
	readonly meshLimit: number;
	/** How many people a call rings at the most; the others of its room see it there. */
	readonly ringAtMost: number;
};

export type MediaChoice = { readonly microphoneEnabled: boolean; readonly cameraEnabled: boolean };
/** What a device that is in the call sends. */
export type DeviceMedia = MediaChoice & { readonly screenEnabled: boolean };

/** Devices that are in the call: joined, or gone silent and still within their grace. */
export function presentDevices(call: CallState): CallDevice[] {
	return call.devices.filter((device) => device.presence !== 'left');
}

/** The earliest instant at which time alone changes this call; null when nothing is pending. */
export function nextDeadline(call: CallState, settings: CallSettings): number | null {
	if (call.phase === 'ended') return null;
	const deadlines = [
		...call.participants.map((participant) => participant.ringUntil),
		...call.devices.map((device) => device.leaseUntil),
		...call.devices.map((device) => device.graceUntil),
		call.aloneSince === null ? null : call.aloneSince + settings.aloneLimitMs
	].filter((deadline) => deadline !== null);
	return deadlines.length === 0 ? null : Math.min(...deadlines);
}
