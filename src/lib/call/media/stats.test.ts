import { expect, test } from 'vitest';
import { measureInterval, sampleStats, sentLossPercent, type MediaSample } from './stats';

const AUDIO = { id: 'a', type: 'inbound-rtp', kind: 'audio', trackIdentifier: 'A', totalAudioEnergy: 0.5 };
const VIDEO = { id: 'v', type: 'inbound-rtp', kind: 'video', trackIdentifier: 'V' };
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
	voiceJitterMs: null,
	totalAudioEnergy: 0,
	came: new Map(),
	packetsSent: 0,
	packetsLostThere: 0,
	bytesSent: 0,
	videoCodecs: { received: [], sent: [] }
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
				packetsReceived: 307,
				retransmittedPacketsReceived: 7,
				packetsLost: 3,
				bytesReceived: 92_000,
				framesDecoded: 40,
				jitter: 0.0121
			},
			{ id: 'o', type: 'outbound-rtp', bytesSent: 1_000, packetsSent: 90, packetsReceived: 7 },
			{ id: 'o2', type: 'outbound-rtp', bytesSent: 500, packetsSent: 10 },
			{ id: 'r', type: 'remote-inbound-rtp', kind: 'video', packetsLost: 4, jitter: 9 },
			{ id: 's', type: 'remote-inbound-rtp', kind: 'audio' }
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
		voiceJitterMs: 4,
		totalAudioEnergy: 0.5,
		came: new Map([
			['A', 100],
			['V', 40]
		]),
		packetsSent: 100,
		packetsLostThere: 4,
		bytesSent: 1_500,
		videoCodecs: { received: [], sent: [] }
	});
});

test('without a transport the pair that says it is selected counts', () => {
	const { path, roundTripMs } = sampleStats([PAIR, { ...OTHER_PAIR, selected: true }, ...LOCAL], 0);
	expect({ path, roundTripMs }).toEqual({ path: 'relay', roundTripMs: 9_000 });
});

test('before a path is found there is none, and nothing is guessed', () => {
	expect(sampleStats([OTHER_PAIR, ...LOCAL, { id: 't', type: 'transport' }], 1_000)).toEqual(zero);
});

test('the loss of what we sent is by the counters of both sides; of a handful of packets nothing is said', () => {
	const before = { ...zero, packetsSent: 1_000, packetsLostThere: 10 };
	const after = (sent: number, lost: number) =>
		sentLossPercent(before, { ...before, packetsSent: 1_000 + sent, packetsLostThere: 10 + lost });
	expect(after(200, 50)).toBe(25);
	expect(after(24, 24)).toBeNull();
	// One that came late after all is taken back there; and a report may be of more than these seconds.
	expect(after(200, -3)).toBe(0);
	expect(after(50, 60)).toBe(100);
});

test('the codecs in use are those of pictures that have frames, each once', () => {
	const video = { kind: 'video', codecId: 'c9' };
	const { videoCodecs } = sampleStats(
		[
			{ id: 'c9', type: 'codec', mimeType: 'video/VP9' },
			{ id: 'c4', type: 'codec', mimeType: 'video/H264' },
			{ id: 'cO', type: 'codec', mimeType: 'audio/opus' },
			{ ...video, id: '1', type: 'inbound-rtp', framesDecoded: 9 },
			{ ...video, id: '2', type: 'inbound-rtp', packetsReceived: 9, framesDecoded: 0, codecId: 'c4' },
			{ id: '3', type: 'inbound-rtp', kind: 'audio', framesDecoded: 9, codecId: 'cO' },
			{ ...video, id: '4', type: 'outbound-rtp', framesEncoded: 1, codecId: 'c4' },
			{ ...video, id: '5', type: 'outbound-rtp', framesEncoded: 1, codecId: 'c4' },
			{ ...video, id: '6', type: 'outbound-rtp', framesEncoded: 1, codecId: undefined }
		],
		0
	);
	expect(videoCodecs).toEqual({ received: ['VP9'], sent: ['H264'] });
});

test('the first sample has no rates', () => {
	expect(measureInterval(null, zero)).toMatchObject({ packetLossPercent: null, bitrateBps: null });
});

test('loss and bitrate are those of the interval, not of the whole call', () => {
	const before = { ...zero, packetsReceived: 1_000, packetsLost: 500, bytesReceived: 1_000_000 };
	const now = { ...before, at: 3_000, packetsReceived: 1_090, packetsLost: 510, bytesReceived: 1_050_000 };
	expect(measureInterval(before, now)).toMatchObject({ packetLossPercent: 10, bitrateBps: 200_000 });
});

test('what was counted, both ways, is of the interval too, and nothing of it is ever negative', () => {
	const before = { ...zero, packetsReceived: 10, packetsLost: 5, packetsSent: 70, packetsLostThere: 9 };
	const now = {
		...before,
		at: 2_500,
		packetsReceived: 100,
		packetsSent: 170,
		packetsLostThere: 8,
		bytesSent: 60
	};
	expect(measureInterval(before, now).counts).toEqual({
		ms: 1_500,
		packetsDue: 90,
		packetsLost: 0,
		bytesReceived: 0,
		framesDecoded: 0,
		packetsSent: 100,
		packetsLostThere: 0,
		bytesSent: 60
	});
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
