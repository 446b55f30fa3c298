import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HERE, later, refusal, world } from './call-session-world';

const REPORT = { deviceId: 'anns', connectionState: 'connected' } as never;

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

async function inside() {
	const w = world();
	await w.inside();
	const [mesh] = w.meshes;
	if (!mesh) throw new Error('no mesh was made');
	mesh.reports = () => [REPORT];
	return { ...w, mesh };
}

test('a call tells the server how its connections are, when that has changed', async () => {
	const { server, mesh } = await inside();
	mesh.deps.onChange();
	await vi.advanceTimersByTimeAsync(1_000);
	expect(server.reportConnection.mock.calls).toEqual([[{ callId: 'a', deviceId: HERE, peers: [REPORT] }]]);
});

test.each<[how: string, answer: () => Promise<void>]>([
	['is refused', () => Promise.reject(refusal('request/too-many'))],
	['never answered', () => later<void>().promise]
])('a report that is %s changes nothing in the call', async (_how, answer) => {
	const { server, session, mesh } = await inside();
	server.reportConnection.mockImplementation(answer);
	const before = session.view.current;
	mesh.deps.onChange();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(server.reportConnection).toHaveBeenCalledTimes(1);
	expect(session.view.current).toEqual(before);
	expect(session.view.notice).toBeNull();
	await session.actions.leave();
	expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
});

test('a call that was left is reported no more', async () => {
	const { server, session, mesh } = await inside();
	mesh.deps.onChange();
	await session.actions.leave();
	mesh.deps.onChange();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(server.reportConnection).not.toHaveBeenCalled();
});

test('connected and failed are said to the server, the failure to the person too', async () => {
	const { session, server, mesh } = await inside();
	mesh.deps.onConnected();
	mesh.deps.onFailed('No way was found.');
	expect(server.connected).not.toHaveBeenCalled(); // the first pictures come first
	await vi.advanceTimersByTimeAsync(300);
	expect(server.connected).toHaveBeenCalledTimes(1);
	expect(server.failed).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE, why: 'No way was found.' });
	expect(session.view.current?.trouble).toBe('No way was found.');
});

test('who leaves as a path stands says first that it stood', async () => {
	const { session, server, mesh } = await inside();
	mesh.deps.onConnected();
	let heard = () => {};
	server.connected.mockReturnValueOnce(new Promise((resolve) => (heard = resolve)));
	const left = session.actions.leave();
	await vi.advanceTimersByTimeAsync(0);
	expect(server.connected).toHaveBeenCalledTimes(1);
	expect(server.leave).not.toHaveBeenCalled();
	heard();
	await left;
	expect(server.leave).toHaveBeenCalledTimes(1);
	await vi.advanceTimersByTimeAsync(1_000);
	expect(server.connected).toHaveBeenCalledTimes(1);
});

test('who leaves as a path stands is not held by a server that does not answer', async () => {
	const { session, server, mesh } = await inside();
	mesh.deps.onConnected();
	server.connected.mockReturnValueOnce(new Promise(() => undefined));
	const left = session.actions.leave();
	await vi.advanceTimersByTimeAsync(1_000);
	await left;
	expect(server.leave).toHaveBeenCalledTimes(1);
});
