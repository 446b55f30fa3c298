import { expect, test } from 'vitest';
import type { CurrentCall, PeerStatus, SessionView } from '../session/view';
import type { CallRecord } from '../session/call-record';
import { makeReport, peerFacts } from './status-facts';

const status = {
	connectionState: 'connected',
	iceConnectionState: 'completed',
	iceGatheringState: 'complete',
	signalingState: 'stable',
	path: 'srflx',
	roundTripMs: 42,
	packetLossPercent: 0.25,
	bitrateBps: 512_400,
	framesDecoded: 7,
	framesPerSecond: 20,
	jitterMs: 3,
	lately: { due: 800, lost: 3 },
	restarts: 2,
	voiceJitterMs: 3,
	counts: null,
	videoCodecs: { received: ['VP9'], sent: ['VP9'] }
} satisfies PeerStatus;

test('each fact has its label', () => {
	expect(Object.fromEntries(peerFacts(status))).toEqual({
		Connection: 'connected',
		ICE: 'completed',
		Gathering: 'complete',
		Signaling: 'stable',
		Path: 'srflx',
		'Round trip': '42 ms',
		'Packet loss': '0.4 % (3 of 800)',
		Bitrate: '512 kbit/s',
		'Video codec': 'VP9',
		Frames: '20 a second',
		Jitter: '3 ms',
		'ICE restarts': '2'
	});
});

test.each<[received: string[], sent: string[], words: string]>([
	[[], [], '–'],
	[['VP8'], [], 'VP8'],
	[[], ['H264'], 'H.264'],
	[['VP8'], ['VP8'], 'VP8'],
	[['AV1'], ['H264'], 'AV1 received, H.264 sent'],
	[['VP9', 'VP8'], ['VP8'], 'VP9 and VP8 received, VP8 sent']
])('%j received and %j sent: %s', (received, sent, words) => {
	const facts = Object.fromEntries(peerFacts({ ...status, videoCodecs: { received, sent } }));
	expect(facts['Video codec']).toBe(words);
});

test('what is not known yet is a dash, under the same labels', () => {
	expect(peerFacts(null)).toEqual(peerFacts(status).map(([label]) => [label, '–']));
});

test('a report gives away no name, no id and no stream', () => {
	const current = {
		call: {
			id: 'the-call-id',
			roomName: 'Secret room',
			kind: 'video',
			phase: 'active',
			devices: [{}, {}],
			version: 3
		},
		local: {
			microphoneEnabled: true,
			cameraEnabled: false,
			screen: 'on',
			problems: [{ device: 'camera', reason: 'denied' }]
		},
		trouble: null,
		remotes: [
			{ deviceId: 'the-device-id', userId: 'the-user-id', displayName: 'Bob', presence: 'joined', status }
		]
	} as unknown as CurrentCall;
	const view = { link: { rung: 'sse', since: 0, why: 'The WebSocket is blocked.' } } as SessionView;
	const sample = {
		roundTripMs: 40,
		packetLossPercent: 0,
		bitrateBps: 500_000,
		framesPerSecond: 20,
		jitterMs: 3,
		voiceJitterMs: 3,
		counts: null
	};
	const record: CallRecord = {
		callId: 'the-call-id',
		devices: new Map([
			['the-gone-device-id', { number: 1, samples: [], rating: null }],
			[
				'the-device-id',
				{
					number: 2,
					samples: [sample, { ...sample, roundTripMs: 90 }].map((one) => ({ ...one, at: 0 })),
					rating: null
				}
			]
		]),
		events: [
			{ at: 1_000, kind: 'came', device: 2 },
			{ at: 2_000, kind: 'ice', device: 2, state: 'checking' },
			{ at: 3_000, kind: 'link', rung: 'sse', why: '' },
			{ at: 4_000, kind: 'restart', device: 2, restarts: 1 }
		]
	};
	const report = makeReport(view, current, record, 0);
	expect(report).toContain(
		'Link: Server-sent events since 1970-01-01T00:00:00.000Z (The WebSocket is blocked.)'
	);
	expect(report).toContain('Screen: on');
	expect(report).toContain('Problem: camera denied');
	expect(report).toContain('Round trip: 42 ms');
	expect(report).toContain('Device 2: joined');
	expect(report).toContain('The last 2 s:\nRound trip: 40 ms to 90 ms\nPacket loss: 0.0 %');
	expect(report).toContain('1970-01-01T00:00:02.000Z Device 2: ICE checking');
	expect(report).toContain('1970-01-01T00:00:04.000Z Device 2: ICE restart 1');
	expect(report).toContain('Link: Server-sent events');
	expect(report).not.toMatch(/Bob|Secret|the-/);
});
