import { expect, test, vi } from 'vitest';
import type { DeliveredSignal } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import { CANDIDATE_BATCH_MS } from './peer-link';
import {
	BOB,
	EVE,
	inFakeBrowser,
	ME,
	build,
	candidates,
	device,
	earlier,
	later,
	offerOf,
	signal,
	snapshot
} from './peer-mesh-fixture';
import { decodeBody, encodeBody } from './peer-mesh-wire';

const track = (kind: string) => ({ kind }) as MediaStreamTrack;
/** Lets promises settle; no timer runs. */
const settle = () => vi.advanceTimersByTimeAsync(0);

inFakeBrowser();

test('who joined later makes the offer, addressed by both epochs and the version it knows', async () => {
	const { mesh, sent } = build();
	mesh.update(snapshot(7, [device(BOB, 1, 3), device(ME, 2, 4)]));
	await settle();
	expect(sent).toHaveLength(1);
	expect(sent[0]).toMatchObject({
		to: BOB,
		envelope: { v: 1, kind: 'offer', callVersion: 7 },
		body: { epochs: { from: 4, to: 3 } }
	});
});

test('who joined earlier waits, and answers', async () => {
	const { mesh, sent, connections } = build();
	mesh.update(snapshot(1, later));
	await settle();
	expect(sent).toEqual([]);
	mesh.receive(signal(offerOf(1, 1)));
	mesh.receive(signal(candidates));
	await settle();
	expect(connections[0]?.log).toEqual([
		'setRemote offer',
		'makeAnswer',
		'addCandidate x',
		'addCandidate end'
	]);
	expect(sent.map(({ envelope }) => envelope.kind)).toEqual(['answer']);
});

test('candidates go out together behind the offer', async () => {
	const { mesh, sent, connections } = build();
	mesh.update(snapshot(1, earlier));
	for (const n of [1, 2]) {
		connections[0]?.options.on({
			type: 'candidate-gathered',
			candidate: { candidate: `${n}`, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }
		});
	}
	connections[0]?.options.on({ type: 'gathering-complete' });
	await vi.advanceTimersByTimeAsync(CANDIDATE_BATCH_MS);
	expect(sent.map(({ envelope }) => envelope.kind)).toEqual(['offer', 'candidates']);
	expect(sent[1]?.body).toMatchObject({ candidates: [{ candidate: '1' }, { candidate: '2' }, null] });
});

test('the same snapshot, an older one and one of another call change nothing', async () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(5, earlier));
	mesh.update(snapshot(5, earlier));
	mesh.update(snapshot(4, [device(ME, 2)]));
	mesh.update(snapshot(9, [device(ME, 2)], { id: EVE }));
	expect(connections).toHaveLength(1);
	expect(mesh.remotes()).toHaveLength(1);
});

test.each<[title: string, devices: DeviceSnapshot[]]>([
	['their epoch rose', [device(BOB, 1, 2), device(ME, 2)]],
	['our own epoch rose', [device(BOB, 1), device(ME, 2, 2)]],
	['they left and joined again unseen', [device(ME, 2), device(BOB, 3)]]
])('%s: the connection is discarded and another one opened', (_title, devices) => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	mesh.update(snapshot(2, devices));
	expect(connections).toHaveLength(2);
	expect(connections[0]?.log).toContain('close');
	expect(mesh.remotes()).toHaveLength(1);
});

test.each<[title: string, next: CallSnapshot]>([
	['the other left', snapshot(2, [device(ME, 2)])],
	['we are not in the call any more', snapshot(2, [device(BOB, 1)])],
	['the call is over', snapshot(2, earlier, { phase: 'ended' })]
])('%s: the connection is closed', (_title, next) => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	mesh.update(next);
	expect(connections[0]?.log).toContain('close');
	expect(mesh.remotes()).toEqual([]);
});

test('a signal from ahead has us fetch the snapshot first, and what follows it keeps its place', async () => {
	const { mesh, deps, connections } = build();
	let answer: (call: CallSnapshot) => void = () => {};
	deps.fetchSnapshot.mockReturnValue(new Promise((resolve) => (answer = resolve)));
	mesh.update(snapshot(1, [device(ME, 1)]));
	mesh.receive(signal(offerOf(1, 1), { callVersion: 2 }));
	mesh.receive(signal(candidates));
	await settle();
	expect(connections).toHaveLength(0);
	answer(snapshot(2, later));
	await settle();
	expect(deps.fetchSnapshot).toHaveBeenCalledOnce();
	expect(connections[0]?.log.slice(0, 2)).toEqual(['setRemote offer', 'makeAnswer']);
	expect(connections[0]?.log).toContain('addCandidate x');
});

test('a snapshot that cannot be fetched is asked for again; one that comes by itself does as well', async () => {
	const { mesh, deps, connections } = build();
	deps.fetchSnapshot.mockRejectedValue(new Error('offline'));
	mesh.receive(signal(offerOf(1, 1), { callVersion: 2 }));
	await vi.advanceTimersByTimeAsync(2_000);
	expect(deps.fetchSnapshot.mock.calls.length).toBeGreaterThan(1);
	mesh.update(snapshot(2, later));
	await settle();
	expect(connections[0]?.log).toContain('makeAnswer');
});

test('a signal of a newer connection than ours has us fetch; one of an older connection is dropped', async () => {
	const { mesh, deps, connections } = build();
	deps.fetchSnapshot.mockResolvedValue(snapshot(2, [device(ME, 1), device(BOB, 2, 2)]));
	mesh.update(snapshot(1, later));
	mesh.receive(signal(offerOf(2, 1)));
	mesh.receive(signal(candidates)); // still addressed from epoch 1
	await settle();
	expect(connections).toHaveLength(2);
	expect(connections[1]?.log).toEqual(['setRemote offer', 'makeAnswer']);
	expect(deps.report).toHaveBeenCalledWith(expect.stringContaining('stale'));
});

test.each<[title: string, bad: DeliveredSignal]>([
	['a device that the snapshot does not know', signal(offerOf(1, 1), {}, EVE)],
	['not JSON', signal(btoa('hello'))],
	['not UTF-8', signal(btoa('\xff\xfe'))],
	['another kind inside', signal(candidates, { kind: 'offer' })]
])('dropped with a report: %s', async (_title, bad) => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, later));
	mesh.receive(bad);
	await settle();
	expect(connections[0]?.log).toEqual([]);
	expect(deps.report).toHaveBeenCalledOnce();
});

test('signals of another call are none of ours', async () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, later));
	mesh.receive({ ...signal(offerOf(1, 1)), callId: EVE });
	await settle();
	expect(connections[0]?.log).toEqual([]);
	expect(deps.report).not.toHaveBeenCalled();
});

test('a picture can be waited for; the next connection’s takes its place with its first media, in the same streams', () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	const { picture } = mesh.remotes()[0]!;
	expect(mesh.remotes()).toMatchObject([{ sound: null, hasPicture: false }]);
	const [voice, first, second] = [track('audio'), track('video'), track('video')];
	connections[0]?.options.on({ type: 'track', lane: 'audio', track: voice });
	connections[0]?.options.on({ type: 'track', lane: 'video', track: first });
	expect(picture.getTracks()).toEqual([first]);
	expect(mesh.remotes()).toMatchObject([{ sound: null, hasPicture: false }]);
	connections[0]?.options.on({ type: 'media', lane: 'audio', track: voice });
	connections[0]?.options.on({ type: 'media', lane: 'video', track: first });
	const { sound, hasPicture } = mesh.remotes()[0]!;
	expect(sound?.getTracks()).toEqual([voice]);
	expect(hasPicture).toBe(true);

	mesh.update(snapshot(2, [device(BOB, 1, 2), device(ME, 2)]));
	connections[1]?.options.on({ type: 'track', lane: 'video', track: second });
	expect(picture.getTracks()).toEqual([first]);
	connections[1]?.options.on({ type: 'media', lane: 'video', track: second });
	expect(picture.getTracks()).toEqual([second]);
	expect(mesh.remotes()[0]?.picture).toBe(picture);
	expect(mesh.remotes()[0]?.sound).toBe(sound);
});

test('a camera’s track is in the picture only while it is on', () => {
	const { mesh, connections } = build();
	const shown = () => mesh.remotes()[0]?.picture.getTracks();
	const camera = track('video');
	const bob = (cameraEnabled: boolean) => [{ ...device(BOB, 1), cameraEnabled }, device(ME, 2)];
	mesh.update(snapshot(1, bob(false)));
	connections[0]?.options.on({ type: 'track', lane: 'video', track: camera });
	expect(shown()).toEqual([]);
	mesh.update(snapshot(2, bob(true)));
	expect(shown()).toEqual([camera]);
	mesh.update(snapshot(3, bob(false)));
	expect(shown()).toEqual([]);
});

test('a screen is a stream beside the others, and there only while it is shared and brings something', () => {
	const { mesh, connections } = build();
	const bob = (screenEnabled: boolean, epoch = 1) => [
		{ ...device(BOB, 1, epoch), screenEnabled },
		device(ME, 2)
	];
	const [camera, screenVideo, screenAudio] = [track('video'), track('video'), track('audio')];
	const remote = () => mesh.remotes()[0];
	mesh.update(snapshot(1, bob(true)));
	connections[0]?.options.on({ type: 'media', lane: 'video', track: camera });
	connections[0]?.options.on({ type: 'track', lane: 'screenVideo', track: screenVideo });
	expect(remote()?.screen).toBeNull();
	mesh.update(snapshot(2, bob(false)));
	// Its first media may be quicker than the word of it.
	connections[0]?.options.on({ type: 'media', lane: 'screenVideo', track: screenVideo });
	expect(remote()?.screen).toBeNull();
	mesh.update(snapshot(3, bob(true)));
	const { screen } = remote()!;
	connections[0]?.options.on({ type: 'media', lane: 'screenAudio', track: screenAudio });
	expect(screen?.getTracks()).toEqual([screenVideo, screenAudio]);
	expect(remote()?.picture.getTracks()).toEqual([camera]);

	// Another connection, the same share: what plays it plays on.
	mesh.update(snapshot(4, bob(true, 2)));
	const again = track('video');
	connections[1]?.options.on({ type: 'media', lane: 'screenVideo', track: again });
	expect(remote()?.screen).toBe(screen);
	expect(screen?.getTracks()).toEqual([screenAudio, again]);

	mesh.update(snapshot(5, bob(false, 2)));
	expect(remote()?.screen).toBeNull();
	mesh.update(snapshot(6, bob(true, 2)));
	expect(remote()?.screen?.getTracks()).toContain(again);
	expect(remote()?.picture.getTracks()).toEqual([camera]);
});

test('tracks reach every connection, those of now and those to come', () => {
	const { mesh, connections } = build();
	const audio = { kind: 'audio' } as MediaStreamTrack;
	mesh.update(snapshot(1, earlier));
	const screenVideo = { kind: 'video' } as MediaStreamTrack;
	mesh.setTracks({ audio, video: null, screenVideo, screenAudio: null });
	mesh.update(snapshot(2, [...earlier, device(EVE, 3)]));
	expect(connections[0]?.log).toContain('setTracks');
	// Who joins while a screen is shared is sent it from the first on.
	expect(connections[1]?.options.tracks).toMatchObject({ audio, screenVideo });
});

test('after close nothing is sent, opened or waited for', async () => {
	const { mesh, deps, connections, sent } = build();
	deps.fetchSnapshot.mockRejectedValue(new Error('offline'));
	mesh.update(snapshot(1, earlier));
	mesh.receive(signal(offerOf(1, 1), { callVersion: 9 }));
	await settle();
	mesh.close();
	await settle();
	sent.length = 0;
	mesh.update(snapshot(2, [...earlier, device(EVE, 3)]));
	mesh.receive(signal(offerOf(1, 1)));
	await settle();
	expect(vi.getTimerCount()).toBe(0);
	expect(connections).toHaveLength(1);
	expect(sent).toEqual([]);
});

test('a body is the same after the wire, also outside of ASCII', () => {
	const body = offerOf(1, 2, 's=Zoë ☎\r\n');
	expect(decodeBody('offer', encodeBody(body))).toEqual(body);
});
