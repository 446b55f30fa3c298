import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
	EVE,
	FakeStream,
	build,
	device,
	earlier,
	later,
	offerOf,
	signal,
	snapshot
} from './peer-mesh-fixture';
import { DISCONNECTED_FOR_MS, NO_PATH, PATH_LOST, RESTART_WITHIN_MS } from './peer-link-recovery';

/** Lets promises settle; no timer runs. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
	vi.useFakeTimers();
	vi.stubGlobal('MediaStream', FakeStream);
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

test('the first media path is said once', () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, [...earlier, device(EVE, 3)]));
	for (const connection of connections) connection.become('connected');
	expect(deps.onConnected).toHaveBeenCalledOnce();
});

test('disconnected for 2 s restarts ICE; after the last restart it failed, with words', async () => {
	const { mesh, deps, connections } = build();
	mesh.update(snapshot(1, earlier));
	const [connection] = connections;
	connection?.become('connected');
	connection?.become('disconnected');
	await vi.advanceTimersByTimeAsync(DISCONNECTED_FOR_MS - 1);
	expect(connection?.log).not.toContain('restartIce');
	await vi.advanceTimersByTimeAsync(1);
	expect(connection?.log).toContain('restartIce');
	await vi.advanceTimersByTimeAsync(RESTART_WITHIN_MS.reduce<number>((sum, ms) => sum + ms, 0));
	expect(connection?.log.filter((line) => line === 'restartIce')).toHaveLength(3);
	expect(deps.onFailed.mock.calls).toEqual([[PATH_LOST]]);
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
	mesh.receive(signal(offerOf(1, 1, 'bad')));
	await settle();
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
