import { expect, test, vi } from 'vitest';
import {
	EVE,
	inFakeBrowser,
	type FakeConnection,
	build,
	device,
	earlier,
	later,
	offerOf,
	signal,
	snapshot
} from './peer-mesh-fixture';
import {
	DISCONNECTED_FOR_MS,
	FIRST_PATH_WITHIN_MS,
	NO_PATH,
	PATH_LOST,
	RESTART_WITHIN_MS
} from './peer-link-recovery';

/** Lets promises settle; no timer runs. */
const settle = () => vi.advanceTimersByTimeAsync(0);

inFakeBrowser();

test('the first media path is said once', () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, [...earlier, device(EVE, 3)]));
	for (const connection of connections) connection.become('connected');
	expect(deps.onConnected).toHaveBeenCalledOnce();
});

const RESTARTS_MS = RESTART_WITHIN_MS.reduce<number>((sum, ms) => sum + ms, 0);

test('disconnected for 2 s restarts ICE; after the last restart another connection is tried, and then it failed, with words', async () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, earlier));
	const [connection] = connections;
	connection?.become('connected');
	connection?.become('disconnected');
	await vi.advanceTimersByTimeAsync(DISCONNECTED_FOR_MS - 1);
	expect(connection?.log).not.toContain('restartIce');
	await vi.advanceTimersByTimeAsync(1);
	expect(connection?.log).toContain('restartIce');
	await vi.advanceTimersByTimeAsync(RESTARTS_MS);
	expect(connection?.log.filter((line) => line === 'restartIce')).toHaveLength(3);
	expect(connection?.log).toContain('close');
	expect(connections).toHaveLength(2);
	expect(deps.onFailed).not.toHaveBeenCalled();
	expect(mesh.reports()).toMatchObject([{ restarts: 3, why: null }]);
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS);
	expect(connections).toHaveLength(2);
	expect(deps.onFailed.mock.calls).toEqual([[PATH_LOST]]);
});

test('with a TURN server the last one is forced through it', async () => {
	const { mesh, deps, connections } = build(undefined, [{ urls: 'turn:turn.example' }]);
	mesh.update(snapshot(1, earlier));
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS + RESTARTS_MS + FIRST_PATH_WITHIN_MS);
	expect(connections.map(({ options }) => options.ice.iceTransportPolicy)).toEqual(['all', 'all', 'relay']);
	expect(deps.onFailed).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS);
	expect(deps.onFailed.mock.calls).toEqual([[NO_PATH]]);
});

test('one that stands in its place has all restarts again, and all attempts after them', async () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, earlier));
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS + RESTARTS_MS);
	connections[1]?.become('connected');
	connections[1]?.become('failed');
	await vi.advanceTimersByTimeAsync(RESTARTS_MS);
	expect(connections).toHaveLength(3);
	expect(mesh.reports()).toMatchObject([{ restarts: 6 }]);
	expect(deps.onFailed).not.toHaveBeenCalled();
});

test('whose part it is to offer offers anew; the other one says that it is time to', async () => {
	const offering = build();
	offering.mesh.update(snapshot(1, earlier));
	const waiting = build();
	waiting.mesh.update(snapshot(1, later));
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS + RESTARTS_MS);
	expect(offering.sent.at(-1)?.body).toMatchObject({ attempt: 1, description: { type: 'offer' } });
	expect(waiting.sent.at(-1)?.body).toEqual({ v: 1, epochs: { from: 1, to: 1 }, attempt: 1, candidates: [] });
});

test('the other device tries the next one: ours follows, and what is left of the last is dropped', async () => {
	const { mesh, connections, sent } = build();
	mesh.update(snapshot(1, later));
	connections[0]?.become('connected');
	mesh.receive(signal(offerOf(1, 1, 'v=0', 2)));
	mesh.receive(signal(offerOf(1, 1, 'v=0', 1)));
	await settle();
	expect(connections.map(({ log }) => log.filter((line) => !line.startsWith('setTracks')))).toEqual([
		['close'],
		['setRemote offer', 'makeAnswer']
	]);
	expect(sent.map(({ body }) => body)).toMatchObject([{ attempt: 2, description: { type: 'answer' } }]);
});

test('a short disconnection is left alone', async () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	connections[0]?.become('connected');
	connections[0]?.become('disconnected');
	connections[0]?.become('connected');
	await vi.advanceTimersByTimeAsync(60_000);
	expect(connections[0]?.log).not.toContain('restartIce');
});

test('one unreachable device of two is no failed call, until the other has left', async () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, [...earlier, device(EVE, 3)]));
	connections[1]?.become('connected');
	await vi.advanceTimersByTimeAsync(120_000);
	expect(deps.onFailed).not.toHaveBeenCalled();
	mesh.update(snapshot(2, earlier));
	expect(deps.onFailed.mock.calls).toEqual([[NO_PATH]]);
});

test('a description that the browser refuses fails with words, and never with SDP', async () => {
	const { mesh, deps } = build();
	mesh.update(snapshot(1, later));
	for (const attempt of [0, 1]) {
		expect(deps.onFailed).not.toHaveBeenCalled();
		mesh.receive(signal(offerOf(1, 1, 'bad', attempt)));
		await settle();
	}
	expect(deps.onFailed).toHaveBeenCalledOnce();
	expect(deps.onFailed.mock.calls[0]?.[0]).toContain('OperationError');
	expect(deps.onFailed.mock.calls[0]?.[0]).not.toContain('bad');
});

test('a browser that refuses the configuration fails with words', () => {
	const { mesh, deps } = build(() => {
		throw Object.assign(new Error(), { name: 'SyntaxError' });
	});
	mesh.update(snapshot(1, earlier));
	expect(deps.onFailed.mock.calls).toEqual([['This browser could not open a connection (SyntaxError).']]);
});

test('new ICE servers reach the connections that stand, and those that are opened later', () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	const iceServers = [{ urls: 'turn:t.example', username: 'renewed', credential: 'x' }];
	mesh.setIce({ iceServers, iceTransportPolicy: 'relay' });
	expect(connections[0]?.log).toContain('setIce renewed');
	mesh.update(snapshot(2, [...earlier, device(EVE, 3)]));
	expect(connections[1]?.options.ice).toEqual({ iceServers, iceTransportPolicy: 'relay' });
});

test('who hides their address is connected through the relay at every attempt, and forcing it outlives new servers', async () => {
	const iceServers = [{ urls: 'turn:turn.example' }];
	const { mesh, connections } = build(undefined, iceServers);
	mesh.setIce({ iceServers, iceTransportPolicy: 'relay' });
	mesh.update(snapshot(1, earlier));
	const shown = build(undefined, iceServers);
	shown.mesh.update(snapshot(1, earlier));
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS + RESTARTS_MS + FIRST_PATH_WITHIN_MS);
	expect(connections.map(({ options }) => options.ice.iceTransportPolicy)).toEqual([
		'relay',
		'relay',
		'relay'
	]);
	const forced = vi.spyOn(shown.connections[2] as FakeConnection, 'setIce');
	shown.mesh.setIce({ iceServers, iceTransportPolicy: 'all' });
	expect(forced).toHaveBeenCalledWith({ iceServers, iceTransportPolicy: 'relay' });
});

test.each<[who: string, restart: (mesh: ReturnType<typeof build>['mesh']) => void, does: string]>([
	['our restart', (mesh) => mesh.restartIce(), 'restartIce'],
	['an offer of theirs', (mesh) => mesh.receive(signal(offerOf(1, 1))), 'makeAnswer']
])('%s waits for credentials that hold', async (_who, restart, does) => {
	let ready = Promise.resolve();
	const { mesh, connections } = build(undefined, [], () => ready);
	mesh.update(snapshot(1, later));
	const [connection] = connections;
	mesh.receive(signal(offerOf(1, 1)));
	await settle();
	expect(connection?.log).toContain('makeAnswer');
	connection?.log.splice(0);

	let hold = () => {};
	ready = new Promise((resolve) => (hold = resolve));
	restart(mesh);
	await settle();
	expect(connection?.log).toEqual([]);
	hold();
	await settle();
	expect(connection?.log).toContain(does);
});
