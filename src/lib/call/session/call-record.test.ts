import { expect, test } from 'vitest';
import { MAX_EVENTS, MAX_SAMPLES, record, type CallRecord } from './call-record';
import type { PeerStatus, SessionView } from './view';

const status = (over: Partial<PeerStatus> = {}): PeerStatus => ({
	connectionState: 'connected',
	iceConnectionState: 'connected',
	iceGatheringState: 'complete',
	signalingState: 'stable',
	path: 'host',
	roundTripMs: 1,
	packetLossPercent: 0,
	bitrateBps: 1,
	framesDecoded: 1,
	framesPerSecond: 1,
	jitterMs: 1,
	lately: { due: 0, lost: 0 },
	restarts: 0,
	voiceJitterMs: 1,
	counts: null,
	videoCodecs: { received: [], sent: [] },
	...over
});

type Remotes = Record<string, PeerStatus | null>;
const view = (
	remotes: Remotes | null,
	{ rung = 'sse', callId = 'a', trouble = null as string | null } = {}
) =>
	({
		link: { rung, since: 0, why: '' },
		current: remotes && {
			call: { id: callId },
			trouble,
			remotes: Object.entries(remotes).map(([deviceId, one]) => ({ deviceId, status: one, missing: [] }))
		}
	}) as unknown as SessionView;

/** Looks at these views, one a second. */
function look(...views: SessionView[]): CallRecord | null {
	let last: CallRecord | null = null;
	views.forEach((now, index) => (last = record(last, views[index - 1] ?? null, now, index * 1_000)));
	return last;
}
const lines = (from: CallRecord | null) =>
	from?.events.map(({ at, ...event }) => `${at / 1_000} ${Object.values(event).filter(Boolean).join(' ')}`);

test('what changed is told once, in order, each device by the number in which it came', () => {
	const connecting = status({ connectionState: 'connecting', iceConnectionState: 'checking', path: null });
	expect(
		lines(
			look(
				view({}),
				view({ bob: null }),
				view({ bob: connecting }),
				view({ bob: status(), cem: null }),
				view({ bob: status(), cem: null }),
				view({ bob: status({ restarts: 1 }), cem: null }),
				view({ bob: status({ restarts: 2, connectionState: 'disconnected' }), cem: null }),
				view({ cem: null }, { rung: 'long-poll' }),
				view({ cem: null, bob: null }, { rung: 'long-poll', trouble: 'No path.' })
			)
		)
	).toEqual([
		'0 link sse',
		'1 came 1',
		'2 connection 1 connecting',
		'2 ice 1 checking',
		'3 connection 1 connected',
		'3 ice 1 connected',
		'3 path 1 host',
		'3 came 2',
		'5 restart 1 1',
		'6 restart 1 2',
		'6 connection 1 disconnected',
		'7 link long-poll',
		'7 went 1',
		'8 came 1',
		'8 trouble No path.'
	]);
});

test('one sample a second, however often it is looked', () => {
	const now = view({ bob: status() });
	let last: CallRecord | null = null;
	for (let at = 0; at <= 5_000; at += 250) last = record(last, now, now, at);
	expect(last?.devices.get('bob')?.samples.map(({ at }) => at)).toEqual([
		0, 1_000, 2_000, 3_000, 4_000, 5_000
	]);
});

test('it does not grow with the call', () => {
	const views = Array.from({ length: 2 * MAX_SAMPLES }, (_, i) =>
		view({ bob: status({ path: i % 2 ? 'host' : 'relay', roundTripMs: i }) })
	);
	const last = look(...views);
	expect(last?.events).toHaveLength(MAX_EVENTS);
	expect(last?.devices.get('bob')?.samples).toHaveLength(MAX_SAMPLES);
	expect(last?.devices.get('bob')?.samples.at(-1)?.roundTripMs).toBe(2 * MAX_SAMPLES - 1);
});

test('each call begins anew, and outside of one there is none', () => {
	expect(look(view({ bob: status() }), view(null))).toBeNull();
	const next = look(view({ bob: status() }), view({ cem: null }, { callId: 'b' }));
	expect(lines(next)).toEqual(['1 link sse', '1 came 1']);
	expect([...(next?.devices.keys() ?? [])]).toEqual(['cem']);
});

test('a device is rated while it is connected; frames count where its camera is on', () => {
	const counts = { ms: 1_000, packetsDue: 50, packetsLost: 20, packetsSent: 50 } as PeerStatus['counts'];
	const lossy = view({ bob: status({ counts }) });
	const ratings = (from: CallRecord | null) => from?.devices.get('bob');
	expect(ratings(look(lossy, lossy))?.rating).toBeNull();
	expect(ratings(look(lossy, lossy, lossy))).toMatchObject({ rating: { level: 'poor' } });
	expect(ratings(look(lossy, lossy, lossy))?.samples.at(-1)?.framesPerSecond).toBeNull();
	const cut = view({ bob: status({ counts, connectionState: 'disconnected' }) });
	expect(ratings(look(lossy, lossy, lossy, cut))?.rating).toBeNull();
	const seen = view({ bob: status({ counts }) });
	Object.assign(seen.current?.remotes[0] ?? {}, { cameraEnabled: true });
	expect(ratings(look(seen))?.samples.at(-1)?.framesPerSecond).toBe(1);
	// Not shown here, it is not sent.
	Object.assign(seen.current?.remotes[0] ?? {}, { unseen: true });
	expect(ratings(look(seen))?.samples.at(-1)?.framesPerSecond).toBeNull();
});
