import { expect, test } from 'vitest';
import type { MediaCounts } from '../media/stats';
import type { Sample } from './call-record';
import { ratePeer, type PeerRating } from './peer-rating';

const COUNTS: MediaCounts = {
	ms: 1_000,
	packetsDue: 50,
	packetsLost: 0,
	bytesReceived: 5_000,
	framesDecoded: 0,
	packetsSent: 50,
	packetsLostThere: 0,
	bytesSent: 5_000
};
const second = (over: Partial<Sample> = {}, counts: Partial<MediaCounts> = {}): Sample => ({
	at: 0,
	roundTripMs: 30,
	packetLossPercent: 0,
	bitrateBps: 40_000,
	framesPerSecond: null,
	jitterMs: 40,
	voiceJitterMs: 2,
	counts: { ...COUNTS, ...counts },
	...over
});

/** Looks at these seconds as they come. */
function rateAll(seconds: readonly Sample[]): (PeerRating | null)[] {
	let last: PeerRating | null = null;
	return seconds.map((_, index) => (last = ratePeer(last, seconds.slice(0, index + 1))));
}
const times = (n: number, one: Sample) => Array.from({ length: n }, () => one);

test('two seconds say nothing, three do', () => {
	expect(rateAll(times(3, second())).map((one) => one?.level)).toEqual([undefined, undefined, 'good']);
	expect(rateAll(times(5, second({ counts: null }))).at(-1)).toBeNull();
});

test('one lost packet of a second is no loss of two percent', () => {
	const levels = rateAll([...times(5, second()), second({}, { packetsLost: 4 }), ...times(5, second())]);
	expect(levels.slice(2).map((one) => one?.level)).toEqual(Array(9).fill('good'));
});

test('loss counts whichever way it is, and lasts some seconds before it is believed', () => {
	for (const lost of [{ packetsLost: 10 }, { packetsLostThere: 10 }]) {
		const ratings = rateAll([...times(5, second()), ...times(8, second({}, lost))]);
		expect(ratings[6]?.level).toBe('good');
		expect(ratings.at(-1)).toMatchObject({ level: 'poor', condition: { lossPercent: 20 } });
	}
});

test('the first frames of a camera are not held against it', () => {
	const on = (framesPerSecond: number) => second({ framesPerSecond });
	const ratings = rateAll([...times(5, second()), on(0), on(12), ...times(5, on(15))]);
	expect(ratings.slice(2).map((one) => one?.level)).toEqual(Array(10).fill('good'));
	expect(ratings.at(-1)?.condition.framesPerSecond).toBe(15);
});
