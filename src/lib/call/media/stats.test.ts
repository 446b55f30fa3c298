import { expect, test } from 'vitest';
import { measureInterval, sampleStats, type MediaSample } from './stats';

const AUDIO = { id: 'a', type: 'inbound-rtp', kind: 'audio', totalAudioEnergy: 0.5 };
const VIDEO = { id: 'v', type: 'inbound-rtp', kind: 'video' };
const PAIR = { id: 'p', type: 'candidate-pair', localCandidateId: 'l', currentRoundTripTime: 0.0234 };
const OTHER_PAIR = { id: 'q', type: 'candidate-pair', localCandidateId: 'm', currentRoundTripTime: 9 };
const LOCAL = [
	{ id: 'l', type: 'local-candidate', candidateType: 'srflx' },
	{ id: 'm', type: 'local-candidate', candidateType: 'relay' }
];
const TRANSPORT = { id: 't', type: 'transport', selectedCandidatePairId: 'p' };

const zero: MediaSample = {
	at: 1_000,
	path: null,
	roundTripMs: null,
	packetsReceived: 0,
	packetsLost: 0,
	bytesReceived: 0,
	framesDecoded: 0,
	jitterMs: null,
	totalAudioEnergy: 0
};

test('a report is summed over audio and video, and names the path of the pair in use', () => {
	const sample = sampleStats(
		[
			OTHER_PAIR,
			PAIR,
			TRANSPORT,
			...LOCAL,
			{ ...AUDIO, packetsReceived: 100, packetsLost: 1, bytesReceived: 8_000, jitter: 0.004 },
			{
				...VIDEO,
				packetsReceived: 300,
				packetsLost: 3,
				bytesReceived: 92_000,
				framesDecoded: 40,
				jitter: 0.0121
			},
			{ id: 'o', type: 'outbound-rtp', bytesSent: 1, packetsReceived: 7 }
		],
		5_000
	);
	expect(sample).toEqual({
		at: 5_000,
		path: 'srflx',
		roundTripMs: 23,
		packetsReceived: 400,
		packetsLost: 4,
		bytesReceived: 100_000,
		framesDecoded: 40,
		jitterMs: 12,
		totalAudioEnergy: 0.5
	});
});

test('without a transport the pair that says it is selected counts', () => {
	const { path, roundTripMs } = sampleStats([PAIR, { ...OTHER_PAIR, selected: true }, ...LOCAL], 0);
	expect({ path, roundTripMs }).toEqual({ path: 'relay', roundTripMs: 9_000 });
});

test('before a path is found there is none, and nothing is guessed', () => {
	expect(sampleStats([OTHER_PAIR, ...LOCAL, { id: 't', type: 'transport' }], 1_000)).toEqual(zero);
});

test('the first sample has no rates', () => {
	expect(measureInterval(null, zero)).toMatchObject({ packetLossPercent: null, bitrateBps: null });
});

test('loss and bitrate are those of the interval, not of the whole call', () => {
	const before = { ...zero, packetsReceived: 1_000, packetsLost: 500, bytesReceived: 1_000_000 };
	const now = { ...before, at: 3_000, packetsReceived: 1_090, packetsLost: 510, bytesReceived: 1_050_000 };
	expect(measureInterval(before, now)).toMatchObject({ packetLossPercent: 10, bitrateBps: 200_000 });
});

test.each<[title: string, now: Partial<MediaSample>, loss: number | null, bitrate: number | null]>([
	['silence', { at: 2_000 }, null, 0],
	['a packet that came late after all', { at: 2_000, packetsReceived: 5, packetsLost: -1 }, 0, 0],
	['counters of a new connection', { at: 2_000, bytesReceived: -5, packetsReceived: -5 }, null, 0],
	['two samples at one instant', { at: 1_000, bytesReceived: 10 }, null, null]
])('%s is no nonsense', (_title, now, loss, bitrate) => {
	const measure = measureInterval(zero, { ...zero, ...now });
	expect(measure).toMatchObject({ packetLossPercent: loss, bitrateBps: bitrate });
});
