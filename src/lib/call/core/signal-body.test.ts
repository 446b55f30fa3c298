import { expect, test } from 'vitest';
import { MAX_SEND_BYTES } from './limits';
import {
	compareNames,
	kindOf,
	MAX_ATTEMPT,
	MAX_CANDIDATE_LENGTH,
	MAX_CANDIDATES_PER_SIGNAL,
	MAX_SDP_LENGTH,
	parseSignalBody,
	type SignalBody
} from './signal-body';

const epochs = { from: 1, to: 2 };
const offer = { v: 1, epochs, attempt: 0, description: { type: 'offer', sdp: 'v=0\r\n' } } as const;
const one = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };

test('an offer is read back as it was written', () => {
	expect(parseSignalBody('offer', structuredClone(offer))).toEqual(offer);
});

test('candidates may leave out what RTCIceCandidateInit lets them leave out, and end with null', () => {
	const body = parseSignalBody('candidates', { v: 1, epochs, candidates: [one, { candidate: '' }, null] });
	expect(body).toEqual({
		v: 1,
		epochs,
		attempt: 0,
		candidates: [
			{ ...one, usernameFragment: null },
			{ candidate: '', sdpMid: null, sdpMLineIndex: null, usernameFragment: null },
			null
		]
	});
	expect(kindOf(body!)).toBe('candidates');
});

test.each<[title: string, kind: 'offer' | 'answer' | 'candidates', value: unknown]>([
	['nothing', 'offer', null],
	['a string', 'offer', 'v=0'],
	['another version', 'offer', { ...offer, v: 2 }],
	['no epochs', 'offer', { v: 1, description: offer.description }],
	['an epoch of zero', 'offer', { ...offer, epochs: { from: 0, to: 1 } }],
	['an offer in an envelope that says answer', 'answer', offer],
	['an offer in an envelope that says candidates', 'candidates', offer],
	['a rollback', 'offer', { ...offer, description: { type: 'rollback', sdp: '' } }],
	[
		'an SDP past its bound',
		'offer',
		{ ...offer, description: { type: 'offer', sdp: 'x'.repeat(MAX_SDP_LENGTH + 1) } }
	],
	['an attempt before the first', 'offer', { ...offer, attempt: -1 }],
	['an attempt beyond all', 'offer', { ...offer, attempt: MAX_ATTEMPT + 1 }],
	[
		'too many candidates',
		'candidates',
		{ v: 1, epochs, attempt: MAX_ATTEMPT, candidates: Array(MAX_CANDIDATES_PER_SIGNAL + 1).fill(null) }
	],
	['a candidate past its bound', 'candidates', { v: 1, epochs, candidates: [{ candidate: 'x'.repeat(600) }] }]
])('refused: %s', (_title, kind, value) => {
	expect(parseSignalBody(kind, value)).toBeNull();
});

test('the largest bodies fit one send, with room for the seal', () => {
	const longest = {
		candidate: 'x'.repeat(MAX_CANDIDATE_LENGTH),
		sdpMid: 'x'.repeat(16),
		sdpMLineIndex: 255,
		usernameFragment: 'x'.repeat(256)
	};
	const largest: SignalBody[] = [
		{ v: 1, epochs, attempt: MAX_ATTEMPT, candidates: Array(MAX_CANDIDATES_PER_SIGNAL).fill(longest) },
		// A line of SDP is seldom shorter than this, and its line end takes four characters of JSON.
		{ ...offer, description: { type: 'offer', sdp: 'a=x:12345678\r\n'.repeat(MAX_SDP_LENGTH / 14) } }
	];
	for (const body of largest) expect(JSON.stringify(body).length).toBeLessThan(MAX_SEND_BYTES - 512);
});

test('who says nothing of attempts means the first', () => {
	const { attempt: _, ...before } = offer;
	expect(parseSignalBody('offer', before)).toEqual(offer);
});

test('no candidates say the attempt alone', () => {
	expect(parseSignalBody('candidates', { v: 1, epochs, attempt: 2, candidates: [] })).toEqual({
		v: 1,
		epochs,
		attempt: 2,
		candidates: []
	});
});

test.each<[from: number, to: number, attempt: number, expected: ReturnType<typeof compareNames>]>([
	[2, 3, 1, 'current'],
	[1, 3, 1, 'stale'],
	[2, 2, 1, 'stale'],
	[3, 3, 1, 'ahead'],
	[2, 4, 1, 'ahead'],
	// Its writer has not seen our own epoch rise: it will, and write again.
	[3, 2, 1, 'stale'],
	[2, 3, 0, 'stale'],
	[2, 3, 2, 'next'],
	// Attempts are counted within the epochs.
	[1, 3, 2, 'stale'],
	[3, 3, 0, 'ahead']
])('at attempt 1 between our epoch 3 and their epoch 2, a signal of %d -> %d, attempt %d is %s', (...row) => {
	const [from, to, attempt, expected] = row;
	const standing = { mine: 3, theirs: 2, attempt: 1 };
	expect(compareNames({ epochs: { from, to }, attempt }, standing)).toBe(expected);
});
