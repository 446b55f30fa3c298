import { z } from 'zod';

/**
 * What a call looks like to one viewer. Instants are Unix milliseconds on the server's clock.
 *
 * A call has one `version`, raised by each transition. Whoever keeps the highest version it saw is right,
 * so a snapshot that is lost, doubled or late does no harm.
 */
export const callKind = z.enum(['audio', 'video']);
export type CallKind = z.infer<typeof callKind>;

export const callPhase = z.enum(['ringing', 'active', 'ended']);
export type CallPhase = z.infer<typeof callPhase>;

export const inviteState = z.enum(['ringing', 'accepted', 'declined', 'missed', 'busy', 'cancelled']);
export type InviteState = z.infer<typeof inviteState>;

export const endReason = z.enum(['failed', 'completed', 'cancelled', 'declined', 'busy', 'missed']);
export type EndReason = z.infer<typeof endReason>;

export const devicePresence = z.enum(['joined', 'reconnecting']);
export type DevicePresence = z.infer<typeof devicePresence>;

/**
 * What a call in a room does at one member's pages: it rings; it shows a line that makes no sound; or it is seen in the
 * room alone. They are invited, and have missed it, in any case.
 */
export const ringSetting = z.enum(['ring', 'silent', 'none']);
export type RingSetting = z.infer<typeof ringSetting>;

const instant = z.int().nonnegative();

export const participantSnapshot = z.object({
	userId: z.uuid(),
	displayName: z.string(),
	role: z.enum(['caller', 'callee']),
	invite: inviteState,
	/** Until when this person's devices ring; null once it is settled. */
	ringUntil: instant.nullable(),
	/** The host removed them: they do not come in again. */
	removed: z.boolean()
});
export type ParticipantSnapshot = z.infer<typeof participantSnapshot>;

/** A device that is in the call now. Devices that left are not listed. */
export const deviceSnapshot = z.object({
	deviceId: z.uuid(),
	userId: z.uuid(),
	presence: devicePresence,
	/** 1, 2, … in the order of joining. The higher of two makes the offer. */
	joinOrder: z.int().positive(),
	/** Its mailbox's epoch. Who sees it rise discards that RTCPeerConnection and negotiates anew. */
	epoch: z.int().positive(),
	microphoneEnabled: z.boolean(),
	cameraEnabled: z.boolean(),
	/** It shares its screen, beside its camera. A server of before does not say: there is none then. */
	screenEnabled: z.boolean().default(false),
	/** How often a host has turned its microphone off. Who sees their own rise turns it off. */
	mutedByHost: z.int().nonnegative(),
	/** Since when its person's hand is up: the order of hands. Null while it is down; a server of before does not say. */
	handRaisedAt: instant.nullable().default(null)
});
export type DeviceSnapshot = z.infer<typeof deviceSnapshot>;

export const callSnapshot = z.object({
	id: z.uuid(),
	roomId: z.uuid(),
	/** The room's name as this viewer knows it (a direct room is named after the other person). */
	roomName: z.string(),
	/** How calls of this room ring for this viewer. No part of the call: it changes without a version. */
	ring: ringSetting,
	/** A two-person call: it ends when either leaves. */
	direct: z.boolean(),
	kind: callKind,
	phase: callPhase,
	version: z.int().positive(),
	callerId: z.uuid(),
	hostId: z.uuid(),
	startedAt: instant,
	activeAt: instant.nullable(),
	endedAt: instant.nullable(),
	endReason: endReason.nullable(),
	/** One device is alone in it: it ends then, unless somebody comes or it says that it stays. */
	aloneUntil: instant.nullable(),
	/** With `endReason: 'failed'`: why, in words. */
	failure: z.string().nullable(),
	participants: z.array(participantSnapshot),
	devices: z.array(deviceSnapshot)
});
export type CallSnapshot = z.infer<typeof callSnapshot>;
