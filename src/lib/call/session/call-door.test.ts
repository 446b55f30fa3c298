import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallSnapshot } from '../core/snapshot';
import { accepted, annCalls, HERE, later, refusal, world } from './call-session-world';

// Who goes in and out at the same time as something else: the other tests of the door are with CallSession's.

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 }));
afterEach(() => void vi.useRealTimers());

test('starting a call leaves the one before, and a start pressed twice is one', async () => {
	const { session, server, inside, medias } = world();
	await inside();
	server.start.mockResolvedValueOnce(accepted({ id: 'b' }));
	await Promise.all([session.actions.start('room-b', 'audio'), session.actions.start('room-b', 'audio')]);
	expect(server.start).toHaveBeenCalledTimes(1);
	expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
	expect(medias.map((media) => media.closed)).toEqual([true, false]);
	expect(session.view.current?.call.id).toBe('b');
});

test.each([
	['the answer lost: it may have let us in, so the server is told', new Error('network'), 1],
	['refused: there is nothing to take back', refusal('call/full'), 0]
])('left while it is asked, and %s', async (_what, error, times) => {
	const { session, server, ringing } = world();
	ringing();
	const answer = later<CallSnapshot>();
	server.accept.mockReturnValueOnce(answer.promise);
	const done = session.actions.accept('a', true);
	await session.actions.leave();
	answer.reject(error);
	await done;
	expect(server.accept).toHaveBeenCalledTimes(1);
	expect(server.leave.mock.calls).toEqual(Array(times).fill([{ callId: 'a', deviceId: HERE }]));
	expect(session.view.notice).toBeNull();
});

test('an answer that is lost for good may have let us in: the server is told that we are not', async () => {
	const { session, server, ringing, medias } = world();
	ringing();
	server.accept.mockRejectedValue(new Error('network'));
	server.get.mockResolvedValueOnce(annCalls());
	const done = session.actions.accept('a', true);
	await vi.advanceTimersByTimeAsync(8_000);
	await done;
	expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
	expect(medias[0]?.closed).toBe(true);
	expect(session.view.notice?.tone).toBe('problem');
});

test('refused, there is nothing that it could have let us into', async () => {
	const { session, server, ringing } = world();
	ringing();
	server.accept.mockRejectedValueOnce(refusal('call/full'));
	await session.actions.accept('a', true);
	expect(server.leave).not.toHaveBeenCalled();
});

test('left and joined again: the late answer to the first press takes nobody out', async () => {
	const { session, server, ringing, medias } = world();
	ringing();
	const late = later<CallSnapshot>();
	server.accept.mockReturnValueOnce(late.promise);
	const first = session.actions.accept('a', true);
	await session.actions.leave();
	await session.actions.join('a');
	late.resolve(accepted());
	await first;
	expect(server.leave).not.toHaveBeenCalled();
	expect(medias.map((media) => media.closed)).toEqual([true, false]);
	expect(session.view.current?.stage).toBe('joined');
});

test('news that overtakes the answer is what the connections are made from', async () => {
	const { session, server, ringing, meshes, tell } = world();
	ringing();
	const answer = later<CallSnapshot>();
	server.accept.mockReturnValueOnce(answer.promise);
	const done = session.actions.accept('a', true);
	const newer = accepted({ version: 3 });
	tell({ type: 'call', call: newer });
	answer.resolve(accepted({ version: 2 }));
	await done;
	await vi.waitFor(() => expect(meshes[0]?.update).toHaveBeenLastCalledWith(newer));
});

test('signed out, it is out of the call, and a reload does not come back to it', async () => {
	const { session, server, inside, medias, memory, tell } = world();
	await inside();
	tell({ type: 'signed-out' });
	expect(medias[0]?.closed).toBe(true);
	expect(memory.remember.mock.invocationCallOrder.at(-1)).toBeLessThan(
		memory.forget.mock.invocationCallOrder.at(-1) ?? 0
	);
	expect(session.view.current).toBeNull();
	expect(server.leave).not.toHaveBeenCalled(); // it would not know who asks
});

test('closed before it could come back, it stays out', async () => {
	const remembered = { callId: 'a', deviceId: 'device-0', microphoneEnabled: true, cameraEnabled: true };
	const { session, server, tell, memory, medias } = world({ remembered });
	tell({ type: 'device', deviceId: HERE });
	session.close();
	await memory.recall.mock.results[0]?.value;
	await vi.advanceTimersByTimeAsync(0);
	expect(medias).toHaveLength(0);
	expect(server.join).not.toHaveBeenCalled();
});

test('a person may want to join muted, and without a camera', async () => {
	const { session, server, ringing, medias, joinsWith } = world();
	ringing();
	Object.assign(joinsWith, { microphoneEnabled: false, cameraEnabled: false });
	await session.actions.accept('a', true);
	const choice = { microphoneEnabled: false, cameraEnabled: false };
	expect(server.accept).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE, ...choice });
	expect(medias[0]).toMatchObject(choice);
	await session.actions.start('room-b', 'video');
	expect(server.start).toHaveBeenCalledWith({ roomId: 'room-b', deviceId: HERE, kind: 'video', ...choice });
});

test('what happens to the devices of a call is said', async () => {
	const { session, inside, medias } = world();
	await inside();
	medias[0]?.onNews({ type: 'replaced', device: 'microphone', was: 'Headset', now: 'Built-in' });
	expect(session.view.notice).toMatchObject({
		text: 'Headset was unplugged; now using Built-in',
		tone: 'neutral'
	});
});

const OFFER = { v: 1, kind: 'offer', callVersion: 2, body: 'YQ==' } as const;

test('who answers is urgent until their offer is on its way, and what waited for that is told then', async () => {
	const { session, ringing, meshes } = world();
	ringing();
	expect(session.urgent).toBe(false);
	const done = session.actions.accept('a', true);
	expect(session.urgent).toBe(true);
	await done;
	await vi.advanceTimersByTimeAsync(0);
	const told = vi.fn(() => session.urgent);
	session.subscribe(told);
	meshes[0]?.deps.send('anns', OFFER);
	expect(told.mock.results).toEqual([{ type: 'return', value: false }]);
	meshes[0]?.deps.send('anns', OFFER);
	expect(told).toHaveBeenCalledTimes(1);
});

test.each([
	['the server takes its time', () => new Promise<CallSnapshot>(() => {}), 80],
	['the server says no', () => Promise.reject(refusal('call/full')), 0]
])('nobody waits to see what became of their press: %s', async (_what, answer, afterMs) => {
	const { session, server, ringing } = world();
	ringing();
	server.accept.mockImplementationOnce(answer);
	void session.actions.accept('a', true);
	await vi.advanceTimersByTimeAsync(afterMs);
	expect(session.urgent).toBe(false);
});
