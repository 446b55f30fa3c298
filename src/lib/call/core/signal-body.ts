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

/** More than a call of days tries. Whoever says more has its signal dropped. */
export const MAX_ATTEMPT = 10_000;

/**
 * The mailbox epochs of the sender and the receiver, as the sender knew them. With the two device ids and the attempt they
 * name one RTCPeerConnection: when either mailbox begins anew, so does the connection.
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

const common = {
	v: z.literal(1),
	epochs: signalEpochs,
	/**
	 * 0, 1, … of the connections that these two tried one after the other. Whoever has no hope left for one opens the next;
	 * the other device follows as it hears of it. A device of before there were any says nothing, and means the first.
	 */
	attempt: z.int().min(0).max(MAX_ATTEMPT).default(0)
};

export const descriptionBody = z.object({ ...common, description });
export const candidatesBody = z.object({
	...common,
	/** Empty says nothing but the attempt. */
	candidates: z.array(candidate.nullable()).max(MAX_CANDIDATES_PER_SIGNAL)
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

/** What names the connection between two devices, seen from one of them. */
export type ConnectionName = {
	/** Our own mailbox's epoch as we know it, and the other device's. */
	readonly mine: number;
	readonly theirs: number;
	readonly attempt: number;
};

/**
 * Whether a signal belongs to the connection that stands between two devices just now.
 *
 * `stale`: written for a connection that one of us has already discarded; dropped, because whoever wrote it will
 * see the same epoch rise, or hear of the next attempt, and negotiate anew. `ahead`: its writer knows newer epochs than we do.
 * `next`: its writer tries a new connection.
 */
export function compareNames(
	{ epochs, attempt }: Pick<SignalBody, 'epochs' | 'attempt'>,
	{ mine, theirs, ...standing }: ConnectionName
): 'current' | 'stale' | 'ahead' | 'next' {
	if (epochs.from < theirs || epochs.to < mine) return 'stale';
	if (epochs.from !== theirs || epochs.to !== mine) return 'ahead';
	if (attempt === standing.attempt) return 'current';
	return attempt > standing.attempt ? 'next' : 'stale';
}
