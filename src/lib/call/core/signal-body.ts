import { z } from 'zod';
import type { SignalKind } from './signal';

/**
 * What is inside a signal's opaque body. The receiving device parses it; the server never does.
 *
 * Everything here was written by another device, so every field is bounded. The bounds are chosen so that the
 * largest body, sealed and in base64, still fits one send.
 */
export const MAX_SDP_LENGTH = 16 * 1024;
export const MAX_CANDIDATE_LENGTH = 512;
/** More candidates than this are sent as several signals. */
export const MAX_CANDIDATES_PER_SIGNAL = 24;

/**
 * The mailbox epochs of the sender and the receiver, as the sender knew them. With the two device ids they name
 * one RTCPeerConnection: when either mailbox begins anew, so does the connection.
 */
export const signalEpochs = z.object({ from: z.int().positive(), to: z.int().positive() });
export type SignalEpochs = z.infer<typeof signalEpochs>;

/** An RTCSessionDescription: one half of an offer/answer exchange (RFC 8829). */
export const description = z.object({
	type: z.enum(['offer', 'answer']),
	sdp: z.string().min(1).max(MAX_SDP_LENGTH)
});
export type Description = z.infer<typeof description>;

/** An RTCIceCandidateInit. */
export const candidate = z.object({
	candidate: z.string().max(MAX_CANDIDATE_LENGTH),
	sdpMid: z.string().max(16).nullable().default(null),
	sdpMLineIndex: z.int().min(0).max(255).nullable().default(null),
	usernameFragment: z.string().max(256).nullable().default(null)
});
export type Candidate = z.infer<typeof candidate>;

/** null is end-of-candidates (RFC 8838): nothing more will come of this gathering. */
export type CandidateOrEnd = Candidate | null;

const common = { v: z.literal(1), epochs: signalEpochs };

export const descriptionBody = z.object({ ...common, description });
export const candidatesBody = z.object({
	...common,
	candidates: z.array(candidate.nullable()).min(1).max(MAX_CANDIDATES_PER_SIGNAL)
});
export const signalBody = z.union([descriptionBody, candidatesBody]);
export type SignalBody = z.infer<typeof signalBody>;

/** The kind that the envelope of this body must say: the server routes by it, so the two may not differ. */
export function kindOf(body: SignalBody): SignalKind {
	return 'description' in body ? body.description.type : 'candidates';
}

/**
 * @param kind what the envelope says
 * @param value the parsed JSON of the body
 * @returns null when it is not a body of that kind: the signal is dropped
 */
export function parseSignalBody(kind: SignalKind, value: unknown): SignalBody | null {
	const parsed = (kind === 'candidates' ? candidatesBody : descriptionBody).safeParse(value);
	return parsed.success && kindOf(parsed.data) === kind ? parsed.data : null;
}

/**
 * Whether a signal belongs to the connection that stands between two devices just now.
 *
 * `stale`: written for a connection that one of us has already discarded; dropped, because whoever wrote it will
 * see the same epoch rise and negotiate anew. `ahead`: its writer knows a newer connection than we do.
 *
 * @param signal the epochs in the signal (`from` is the other device)
 * @param mine our own mailbox's epoch as we know it
 * @param theirs the other device's
 */
export function compareEpochs(
	signal: SignalEpochs,
	mine: number,
	theirs: number
): 'current' | 'stale' | 'ahead' {
	if (signal.from < theirs || signal.to < mine) return 'stale';
	return signal.from === theirs && signal.to === mine ? 'current' : 'ahead';
}
