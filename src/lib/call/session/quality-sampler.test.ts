import { expect, test } from 'vitest';
import { qualitySamples } from '../core/call-quality';
import type { MediaCounts } from '../media/stats';
import { QualitySampler, type Taken } from './quality-sampler';
import type { PeerStatus, RemoteView, SessionView } from './view';

const BOB = '0c1f6f0e-0000-4000-8000-000000000001';
const CEM = '0c1f6f0e-0000-4000-8000-000000000002';

const counts = (over: Partial<MediaCounts> = {}): MediaCounts => ({
	ms: 1_000,
	packetsDue: 100,
	packetsLost: 0,
	bytesReceived: 50_000,
	framesDecoded: 20,
	packetsSent: 80,
	packetsLostThere: 0,
	bytesSent: 25_000,
	...over
});

type Second = Partial<PeerStatus> & { cameraEnabled?: boolean; unseen?: boolean };
function remote(
	deviceId: string,
	{ cameraEnabled = true, unseen = false, ...status }: Second = {}
): RemoteView {
	return {
		deviceId,
		cameraEnabled,
		unseen,
		status: {
			connectionState: 'connected',
			path: 'host',
			restarts: 0,
			roundTripMs: 40,
			jitterMs: 40,
			voiceJitterMs: 4,
			counts: counts(),
			...status
		}
	} as RemoteView;
}

const view = (remotes: RemoteView[], { callId = 'a', deviceId = 'mine', stage = 'joined' } = {}) =>
	({ deviceId, current: { call: { id: callId }, stage, remotes } }) as unknown as SessionView;
const outside = { deviceId: 'mine', current: null } as unknown as SessionView;

/** One look a second. @returns what was taken, in order */
function look(sampler: QualitySampler, ...views: SessionView[]): Taken[] {
	return views.map((one, index) => sampler.look(one, index * 1_000)).filter((taken) => taken !== null);
}
const seconds = (n: number, one: (index: number) => RemoteView) =>
	Array.from({ length: n }, (_, index) => view([one(index)]));

test('ten seconds are one sample, of what was counted in them', () => {
	const taken = look(
		new QualitySampler(),
		...seconds(10, (n) =>
			remote(BOB, {
				roundTripMs: n < 5 ? 30 : 50,
				voiceJitterMs: n,
				restarts: n < 9 ? 0 : 1,
				path: n < 9 ? 'host' : 'relay',
				counts: counts({ packetsLost: n === 3 ? 50 : 0, packetsLostThere: n === 4 ? 40 : 0 })
			})
		)
	);
	expect(taken).toEqual([
		{
			at: { callId: 'a', deviceId: 'mine' },
			samples: [
				{
					peerDeviceId: BOB,
					until: 9_000,
					overMs: 10_000,
					downMs: 0,
					roundTripMs: 40,
					lossInPercent: 5,
					lossOutPercent: 5,
					kbitIn: 400,
					kbitOut: 200,
					framesPerSecond: 20,
					jitterMs: 5,
					path: 'relay',
					restarts: 1
				}
			]
		}
	]);
});

test('an interval that is seen again, because of something else, counts once', () => {
	const once = counts();
	const sampler = new QualitySampler();
	look(sampler, ...seconds(30, () => remote(BOB, { counts: once })));
	expect(sampler.finish(0)?.samples).toMatchObject([{ overMs: 1_000 }]);
});

test('what is not whole yet ends with the call, and with the peer', () => {
	const sampler = new QualitySampler();
	const taken = look(sampler, view([remote(BOB), remote(CEM)]), view([remote(CEM)]), outside, outside);
	expect(
		taken.map(({ samples }) => samples.map(({ peerDeviceId, overMs }) => [peerDeviceId, overMs]))
	).toEqual([[[BOB, 1_000]], [[CEM, 2_000]]]);
	expect(sampler.finish(0)).toBeNull();
});

test.each([
	['another call', { callId: 'b' }],
	['another device of ours', { deviceId: 'next' }]
])('%s begins anew', (_what, place) => {
	const sampler = new QualitySampler();
	const taken = look(sampler, view([remote(BOB)]), view([remote(BOB)], place), view([remote(BOB)], place));
	expect(taken.map(({ at }) => at)).toEqual([{ callId: 'a', deviceId: 'mine' }]);
	expect(sampler.finish(0)?.at).toEqual({ callId: 'a', deviceId: 'mine', ...place });
});

test('nothing is measured before a connection stands; an interruption is, and says how long it was', () => {
	const connecting = remote(BOB, { connectionState: 'connecting' });
	const sampler = new QualitySampler();
	look(sampler, ...seconds(5, () => ({ ...connecting })), view([remote(BOB)]));
	look(
		sampler,
		view([remote(BOB, { connectionState: 'disconnected', counts: counts({ packetsDue: 0, ms: 1_500 }) })])
	);
	expect(sampler.finish(0)?.samples).toMatchObject([{ overMs: 2_500, downMs: 1_500 }]);
});

test('where no picture is due there is no frame rate, and where nothing came no loss', () => {
	const sampler = new QualitySampler();
	const silent = counts({ packetsDue: 0, packetsSent: 0, bytesReceived: 0 });
	look(
		sampler,
		view([remote(BOB, { cameraEnabled: false, counts: silent, roundTripMs: null, voiceJitterMs: null })])
	);
	expect(sampler.finish(0)?.samples).toMatchObject([
		{
			framesPerSecond: null,
			jitterMs: 40,
			lossInPercent: null,
			lossOutPercent: null,
			kbitIn: 0,
			roundTripMs: null
		}
	]);
});

test('the frame rate is that of the seconds in which the picture was shown here', () => {
	const sampler = new QualitySampler();
	const still = () => counts({ framesDecoded: 0 });
	look(sampler, ...seconds(4, (n) => remote(BOB, n < 2 ? {} : { unseen: true, counts: still() })));
	expect(sampler.finish(0)?.samples).toMatchObject([{ overMs: 4_000, framesPerSecond: 20 }]);
});

test('whatever a browser counts, the server takes it', () => {
	const sampler = new QualitySampler();
	const wild = counts({
		ms: 7_200_000,
		packetsLost: 9e9,
		packetsLostThere: 1e12,
		bytesReceived: 1e18,
		framesDecoded: 1e12
	});
	const [taken] = look(sampler, view([remote(BOB, { counts: wild, roundTripMs: 1e9, voiceJitterMs: 1e9 })]));
	const samples = taken?.samples.map(({ until: _until, ...one }) => ({ ...one, n: 1, ageMs: 0 }));
	expect(qualitySamples.safeParse(samples).error).toBeUndefined();
});
