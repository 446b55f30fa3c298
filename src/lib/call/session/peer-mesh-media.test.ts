import { expect, test, vi } from 'vitest';
import { SILENT_AFTER_MS, STALLS_AFTER_MS } from '../core/media-flow';
import { SMALLER_AFTER_MS } from '../core/shown-size';
import { FRESH_FOR_MS } from './peer-link';
import {
	BOB,
	build,
	device,
	earlier,
	EVE,
	inFakeBrowser,
	ME,
	snapshot,
	type FakeConnection
} from './peer-mesh-fixture';

inFakeBrowser();

const LOOKS = STALLS_AFTER_MS / 1_000 + 1;

/** Bob's sound and picture, as the browser counts them. */
function brings(connection: FakeConnection | undefined, counts: { packets: number; frames: number }): void {
	const sound = { packetsReceived: counts.packets, bytesReceived: 100 * counts.packets };
	const stats = [
		{ id: 'a', type: 'inbound-rtp', kind: 'audio', trackIdentifier: 'A', ...sound },
		{ id: 'v', type: 'inbound-rtp', kind: 'video', trackIdentifier: 'V', framesDecoded: counts.frames }
	];
	vi.spyOn(connection!, 'getStats').mockResolvedValue(stats as unknown as RTCStatsReport);
}

async function connected(mesh: ReturnType<typeof build>, at: number): Promise<FakeConnection | undefined> {
	const connection = mesh.connections[at];
	connection?.become('connected');
	for (const [lane, id] of [['audio', 'A'] as const, ['video', 'V'] as const]) {
		connection?.options.on({ type: 'media', lane, track: { id, kind: lane } as MediaStreamTrack });
	}
	return connection;
}

async function look(mesh: ReturnType<typeof build>, times: number, between = () => {}): Promise<void> {
	for (let at = 0; at < times; at += 1) {
		between();
		await mesh.mesh.refreshStatus();
		await vi.advanceTimersByTimeAsync(1_000);
	}
}

test('a picture that stands still while the sound goes on costs one more connection, and is then said', async () => {
	const mesh = build();
	mesh.mesh.update(snapshot(1, earlier));
	let packets = 0;
	const first = await connected(mesh, 0);
	await look(mesh, LOOKS, () => brings(first, { packets: ++packets, frames: 7 }));
	expect(mesh.connections).toHaveLength(2);
	expect(mesh.mesh.remotes()).toMatchObject([{ missing: [] }]);

	const second = await connected(mesh, 1);
	await look(mesh, LOOKS + 1, () => brings(second, { packets: ++packets, frames: 0 }));
	expect(mesh.connections).toHaveLength(2);
	expect(mesh.mesh.remotes()).toMatchObject([{ missing: ['video'] }]);

	await look(mesh, 1, () => brings(second, { packets: ++packets, frames: 1 }));
	expect(mesh.mesh.remotes()).toMatchObject([{ missing: [] }]);
});

test('what comes, and what its person turned off, costs nothing', async () => {
	const mesh = build();
	mesh.mesh.update(snapshot(1, [{ ...device(BOB, 1), cameraEnabled: false }, device(ME, 2)]));
	let packets = 0;
	const first = await connected(mesh, 0);
	await look(mesh, 3 * LOOKS, () => brings(first, { packets: ++packets, frames: 0 }));
	expect(mesh.connections).toHaveLength(1);
	expect(mesh.mesh.remotes()).toMatchObject([{ missing: [] }]);
});

test('a path that carries nothing is left to ICE for longer, and then given up too', async () => {
	const mesh = build();
	mesh.mesh.update(snapshot(1, earlier));
	const first = await connected(mesh, 0);
	brings(first, { packets: 5, frames: 7 });
	await look(mesh, LOOKS + 2);
	expect(mesh.connections).toHaveLength(1);
	await look(mesh, (SILENT_AFTER_MS - STALLS_AFTER_MS) / 1_000);
	expect(mesh.connections).toHaveLength(2);
});

test('a picture that is not shown here, and so not sent, costs nothing, and is due again once it is shown', async () => {
	const mesh = build();
	mesh.mesh.update(snapshot(1, earlier));
	const first = await connected(mesh, 0);
	first?.options.on({ type: 'channel-open' });
	mesh.deps.sizes.show(BOB, 360);
	mesh.deps.sizes.show(BOB, 0);
	expect(first?.log).toContain('say {"v":1,"type":"shown","size":360}');
	await vi.advanceTimersByTimeAsync(SMALLER_AFTER_MS);
	expect(first?.log).toContain('say {"v":1,"type":"shown","size":0}');
	let packets = 0;
	await look(mesh, 3 * LOOKS, () => brings(first, { packets: ++packets, frames: 7 }));
	expect(mesh.connections).toHaveLength(1);
	expect(mesh.mesh.remotes()).toMatchObject([{ missing: [], unseen: true }]);

	mesh.deps.sizes.show(BOB, 180);
	await look(mesh, LOOKS + 2, () => brings(first, { packets: ++packets, frames: 7 }));
	expect(mesh.connections).toHaveLength(2);
	expect(mesh.mesh.remotes()).toMatchObject([{ unseen: false }]);
});

test('what they say of our camera’s size is in force at once, for them alone, and remembered', async () => {
	const mesh = build();
	mesh.mesh.update(snapshot(1, [...earlier, device(EVE, 3)]));
	const [bob, eve] = mesh.connections;
	const shownAt = (size: number) =>
		bob?.options.on({ type: 'said', text: `{"v":1,"type":"shown","size":${size}}` });
	// A fresh path gets little anyway: what is said meanwhile holds from its end on.
	bob?.become('connected');
	shownAt(360);
	await vi.advanceTimersByTimeAsync(FRESH_FOR_MS - 1);
	expect(bob?.log.filter((line) => line.startsWith('limit'))).toEqual([]);
	await vi.advanceTimersByTimeAsync(1);
	expect(bob?.log.at(-1)).toBe('limit 360');

	shownAt(90);
	expect(bob?.log.at(-1)).toBe('limit 90');
	expect(mesh.deps.onSaid).not.toHaveBeenCalled();
	await mesh.mesh.refreshStatus();
	expect(bob?.log.filter((line) => line === 'limit 90')).toHaveLength(2);
	expect(eve?.log.filter((line) => line.startsWith('limit'))).toEqual([]);
});
