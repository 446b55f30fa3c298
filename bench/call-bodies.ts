import { randomBytes } from 'node:crypto';

const CANDIDATES_EACH = 10;

/** Text of a length, unlike any other: nothing on the way may be quick because it has seen it before. */
const text = (length: number) =>
	randomBytes(Math.ceil(length / 2))
		.toString('hex')
		.slice(0, length);

/** About what a browser writes: an SDP of two tracks, and a host or srflx candidate. */
const newSdp = () => text(1_500);
const newCandidate = () => ({
	candidate: `candidate:${text(110)}`,
	sdpMid: '0',
	sdpMLineIndex: 0,
	usernameFragment: text(4)
});

export type CallBody = { description: { type: 'offer' | 'answer'; sdp: string } } | { candidates: object[] };

export const newDescription = (type: 'offer' | 'answer'): CallBody => ({
	description: { type, sdp: newSdp() }
});

/** One gathering. Our client sends it as one signal; many others send a message per candidate. */
export function newCandidates({ batched }: { batched: boolean }): CallBody[] {
	const candidates = Array.from({ length: CANDIDATES_EACH }, newCandidate);
	return batched ? [{ candidates }] : candidates.map((one) => ({ candidates: [one] }));
}
