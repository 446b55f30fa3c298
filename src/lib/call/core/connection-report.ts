import { z } from 'zod';
import { id, isStorable } from './account';
import type { CallSnapshot, DevicePresence } from './snapshot';

/**
 * What a device says of its connections, for whoever asks why a call does not connect. Signals are opaque to the
 * server, so only devices know. States, kinds and counts; never an address.
 */
export const candidateType = z.enum(['host', 'srflx', 'prflx', 'relay']);
export type CandidateType = z.infer<typeof candidateType>;

/** More than any gathering brings: a number past it says no more than the bound does. */
export const MAX_COUNT = 999;
/** The other devices of the largest mesh that can be configured. */
export const MAX_REPORTED_PEERS = 15;
export const MAX_WHY_LENGTH = 200;
export const why = z.string().trim().min(1).max(MAX_WHY_LENGTH).refine(isStorable);

const count = z.int().min(0).max(MAX_COUNT);
const candidateCounts = z.object({ host: count, srflx: count, prflx: count, relay: count });
export type CandidateCounts = z.infer<typeof candidateCounts>;

const connectionFacts = z.object({
	// The four states are W3C's strings as they are.
	connectionState: z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']),
	iceConnectionState: z.enum([
		'new',
		'checking',
		'connected',
		'completed',
		'disconnected',
		'failed',
		'closed'
	]),
	iceGatheringState: z.enum(['new', 'gathering', 'complete']),
	signalingState: z.enum([
		'stable',
		'have-local-offer',
		'have-remote-offer',
		'have-local-pranswer',
		'have-remote-pranswer',
		'closed'
	]),
	/** The local candidate's type of the pair in use; null before one is. */
	path: candidateType.nullable(),
	/** Candidates gathered here, and those that the other device has sent, since this connection was opened. */
	candidates: z.object({ local: candidateCounts, remote: candidateCounts }),
	/** How often a new path was looked for. */
	restarts: count,
	/** Why it was given up, in words; null while it was not. */
	why: why.nullable()
});
export type ConnectionFacts = z.infer<typeof connectionFacts>;

/** One connection as one of its two ends reports it; `deviceId` is the other end's. */
export const peerReport = connectionFacts.extend({ deviceId: id });
export type PeerReport = z.infer<typeof peerReport>;

export const peerReports = z
	.array(peerReport)
	.min(1)
	.max(MAX_REPORTED_PEERS)
	.refine((peers) => new Set(peers.map((peer) => peer.deviceId)).size === peers.length, {
		message: 'Report each device once.'
	});

/** What was reported: by which device, about its connection to which other one. */
export type ConnectionReport = ConnectionFacts & {
	readonly deviceId: string;
	readonly peerDeviceId: string;
	/** When anything of it last changed, Unix milliseconds on the database's clock. */
	readonly reportedAt: number;
};

/** A room's live call, whole, for programs. Both ends of a connection report it: it is in `connections` twice. */
export type RoomCallState = {
	/** The database's clock, Unix milliseconds: every instant in here is on it. */
	readonly serverNow: number;
	readonly call: CallSnapshot | null;
	/** Between devices that are in the call now. */
	readonly connections: readonly ConnectionReport[];
};

/** Who was in a call with which device, and how their connections were when last heard of: also after its end. */
export type CallConnection = {
	readonly serverNow: number;
	readonly devices: readonly {
		readonly deviceId: string;
		readonly userId: string;
		readonly displayName: string;
		readonly presence: DevicePresence | 'left';
	}[];
	readonly connections: readonly ConnectionReport[];
};

const TYPE = /(?:^|\s)typ (host|srflx|prflx|relay)(?:\s|$)/;

/** @param candidate the `candidate` of an RTCIceCandidateInit (RFC 8839) */
export function typeOfCandidate(candidate: string): CandidateType | null {
	const found = TYPE.exec(candidate)?.[1];
	return candidateType.options.find((type) => type === found) ?? null;
}
