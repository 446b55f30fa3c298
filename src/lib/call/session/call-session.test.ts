import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEASE_RENEW_INTERVAL_MS } from '../core/limits';
import type { CallSnapshot } from '../core/snapshot';
import { accepted, annCalls, HERE, later, refusal, world } from './call-session-world';

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 }));
afterEach(() => void vi.useRealTimers());

test('taken out of the room, it rings no more', async () => {
	const { session, server, ringing, tell } = world();
	ringing();
	server.get.mockRejectedValueOnce(refusal('call/not-found'));
	tell({ type: 'room-gone', roomId: 'room-a' });
	await vi.waitFor(() => expect(session.view.incoming).toBeNull());
	expect(session.view.tone).toBeNull();
});

test('a call in a room that rings silently is shown, and not heard', () => {
	const { session, tell } = world();
	tell({ type: 'call', call: { ...annCalls(), ring: 'silent' } });
	expect(session.view.incoming?.id).toBe('a');
	expect(session.view.aloud).toBeNull();
	expect(session.view.tone).toBeNull();
	expect(session.view.next).toBeNull();
});

test('what the call that rings will look like is known before it is accepted, and gone with it', async () => {
	const { session, ringing, inside } = world();
	ringing();
	const { next } = session.view;
	expect(next).toMatchObject({ stage: 'joining', local: { stream: null }, remotes: [{ deviceId: 'anns' }] });
	const entering = inside();
	expect(session.view.next).toBeNull();
	expect(session.view.current?.stage).toBe('joining');
	expect(session.view.current?.remotes).toEqual(next?.remotes);
	await entering;
	await session.actions.leave();
	expect(session.view.next).toBeNull();
});

describe('into a call', () => {
	test('devices are opened while the server is asked', async () => {
		const { session, server, ringing, medias } = world();
		ringing();
		expect(session.view.incoming?.id).toBe('a');
		expect(session.view.aloud).toBe(session.view.incoming);
		expect(session.view.tone).toBe('ring');
		const answer = later<CallSnapshot>();
		server.accept.mockReturnValueOnce(answer.promise);
		const done = session.actions.accept('a', true);
		expect(medias).toHaveLength(1);
		expect(session.view.incoming).toBeNull();
		expect(session.view.current?.stage).toBe('joining');
		expect(session.view.tone).toBeNull();
		answer.resolve(accepted());
		await done;
		expect(session.view.current?.stage).toBe('joined');
	});

	test('pressed twice quickly, Accept asks once', async () => {
		const { session, server, ringing, medias } = world();
		ringing();
		await Promise.all([session.actions.accept('a', true), session.actions.accept('a', false)]);
		expect(server.accept).toHaveBeenCalledTimes(1);
		expect(medias).toHaveLength(1);
	});

	test('a blocked camera is explained to us, told to the others, and stops nothing', async () => {
		const { session, server, ringing, denied } = world();
		denied.camera = true;
		ringing();
		await session.actions.accept('a', true);
		await vi.waitFor(() => expect(server.setMedia).toHaveBeenCalledTimes(1));
		expect(server.setMedia.mock.calls[0]?.[0]).toMatchObject({
			microphoneEnabled: true,
			cameraEnabled: false
		});
		expect(session.view.current?.local.problems).toEqual([{ device: 'camera', reason: 'denied' }]);
		expect(session.view.current?.stage).toBe('joined');
	});

	test('a browser that is still asking for the devices does not hold the connections up for long', async () => {
		const { session, ringing, meshes, opening } = world();
		opening.push(() => new Promise(() => {}));
		ringing();
		await session.actions.accept('a', true);
		expect(session.view.current?.local.opening).toBe(true);
		await vi.waitFor(() => expect(meshes).toHaveLength(1), { timeout: 3_000 });
	});

	test('a page that may use devices connects while they are being opened', async () => {
		const { session, ringing, meshes, opening, permitted } = world();
		permitted.devices = true;
		opening.push(() => new Promise(() => {}));
		ringing();
		await session.actions.accept('a', true);
		await vi.waitFor(() => expect(meshes).toHaveLength(1), { timeout: 500 });
	});

	test('signals that come before the connections are made wait for them', async () => {
		const { session, ringing, meshes, tell } = world();
		ringing();
		const done = session.actions.accept('a', true);
		const signal = { epoch: 1, seq: 1, callId: 'a', fromDeviceId: 'anns', envelope: {} } as never;
		tell({ type: 'signal', signal });
		await done;
		await vi.waitFor(() => expect(meshes[0]?.receive).toHaveBeenCalledWith(signal));
	});

	test('whoever was not invited gets the ICE servers once they are in', async () => {
		const { session, server, tell, meshes } = world();
		tell({ type: 'device', deviceId: HERE });
		tell({ type: 'call', call: annCalls({ invite: 'missed' }) });
		const iceServers = [{ urls: 'stun:stun.example.org' }];
		server.iceServers
			.mockRejectedValueOnce(refusal('call/not-a-participant'))
			.mockResolvedValueOnce({ iceServers, expiresAt: null, serverNow: 0 });
		await session.actions.join('a');
		await vi.waitFor(() => expect(meshes[0]?.deps.ice.iceServers).toEqual(iceServers));
	});

	test('a refusal is said in words, the devices are closed, and it rings on if it still does', async () => {
		const { session, server, ringing, medias } = world();
		ringing();
		server.accept.mockRejectedValueOnce(refusal('call/full'));
		server.get.mockResolvedValueOnce(annCalls());
		await session.actions.accept('a', true);
		expect(session.view.notice).toMatchObject({ text: 'This call is full.', tone: 'problem' });
		expect(medias[0]?.closed).toBe(true);
		expect(session.view.incoming?.id).toBe('a');
	});

	test('an answer that gets lost is asked for again', async () => {
		const { session, server, ringing } = world();
		ringing();
		server.accept.mockRejectedValueOnce(new Error('network'));
		await session.actions.accept('a', true);
		expect(server.accept).toHaveBeenCalledTimes(2);
		expect(session.view.current?.stage).toBe('joined');
	});

	test('started before the page is a device, it waits to become one', async () => {
		const { session, server, tell } = world();
		const done = session.actions.start('room', 'audio');
		expect(session.view.starting).toEqual({ roomId: 'room', kind: 'audio' });
		tell({ type: 'device', deviceId: HERE });
		await done;
		expect(server.start.mock.calls[0]?.[0]).toMatchObject({ deviceId: HERE, cameraEnabled: false });
		expect(session.view.starting).toBeNull();
	});

	test('accepting a second call leaves the first', async () => {
		const { session, server, inside, tell, medias } = world();
		await inside();
		tell({ type: 'call', call: annCalls({ id: 'b' }) });
		server.accept.mockResolvedValueOnce(accepted({ id: 'b' }));
		await session.actions.accept('b', false);
		expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
		expect(medias.map((media) => media.closed)).toEqual([true, false]);
		expect(session.view.current?.call.id).toBe('b');
	});
});

describe('out of a call', () => {
	test('left while it is being joined: out at once, and the server is told when it has let us in', async () => {
		const { session, server, ringing, medias, meshes } = world();
		ringing();
		const answer = later<CallSnapshot>();
		server.accept.mockReturnValueOnce(answer.promise);
		const done = session.actions.accept('a', true);
		await session.actions.leave();
		expect(session.view.current).toBeNull();
		expect(medias[0]?.closed).toBe(true);
		answer.resolve(accepted());
		await done;
		expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
		expect(meshes).toHaveLength(0);
		expect(session.view.current).toBeNull();
	});

	test('ended while the devices are being opened, it closes them', async () => {
		const { session, ringing, tell, medias, meshes, opening } = world();
		const granted = later<void>();
		opening.push(() => granted.promise);
		ringing();
		await session.actions.accept('a', true);
		tell({ type: 'call', call: accepted({ version: 3, ended: 'completed' }) });
		expect(medias[0]?.closed).toBe(true);
		granted.resolve();
		await vi.advanceTimersByTimeAsync(2_000);
		expect(meshes).toHaveLength(0);
		expect(session.view.notice?.text).toBe('Call ended');
	});

	test.each([
		['the others', 1],
		['its host here', 0]
	])('ended by %s, it is heard %i times', async (by, endTones) => {
		const { session, inside, tell } = world();
		await inside();
		if (by === 'its host here') await session.actions.endForEveryone();
		tell({ type: 'call', call: accepted({ version: 3, ended: 'completed' }) });
		expect(session.view.endTones).toBe(endTones);
	});

	test('over for us: connections and devices are closed, and nothing is left to come back to', async () => {
		const { inside, tell, medias, meshes, memory, server } = world();
		await inside();
		tell({ type: 'call', call: accepted({ version: 3, ended: 'completed' }) });
		expect(meshes[0]?.close).toHaveBeenCalled();
		expect(medias[0]?.closed).toBe(true);
		expect(memory.forget).toHaveBeenCalled();
		server.renew.mockClear();
		await vi.advanceTimersByTimeAsync(3 * LEASE_RENEW_INTERVAL_MS);
		expect(server.renew).not.toHaveBeenCalled();
	});

	test('a state without the call asks for its words', async () => {
		const { session, inside, tell, server } = world();
		await inside();
		server.get.mockResolvedValueOnce(accepted({ version: 4, ended: 'completed' }));
		tell({
			type: 'state',
			state: { serverNow: 5_000, calls: [], rooms: [], missedCount: 2, doNotDisturbUntil: null }
		});
		await vi.waitFor(() => expect(session.view.notice?.text).toBe('Call ended'));
		expect(server.get).toHaveBeenCalledTimes(1);
		expect(session.view).toMatchObject({ current: null, clockOffsetMs: 4_000 });
	});

	test('a decline silences at once, and rings on when it did not get through', async () => {
		const { session, ringing, server } = world();
		ringing();
		server.decline.mockRejectedValueOnce(new Error('network'));
		const done = session.actions.decline('a');
		expect(session.view.incoming).toBeNull();
		await done;
		expect(session.view.incoming?.id).toBe('a');
		expect(session.view.notice?.tone).toBe('problem');
	});
});

describe('in a call', () => {
	test('muted by the host: off at once and said, and no late snapshot mutes again', async () => {
		const { session, inside, tell } = world();
		await inside();
		const mutedAt = (version: number, times: number) => {
			const call = accepted({ version });
			const devices = call.devices.map((device) =>
				device.deviceId === HERE ? { ...device, microphoneEnabled: false, mutedByHost: times } : device
			);
			tell({ type: 'call', call: { ...call, devices } });
		};
		mutedAt(3, 1);
		await vi.waitFor(() => expect(session.view.current?.local.microphoneEnabled).toBe(false));
		expect(session.view.notice?.text).toBe('The host has muted you');
		await session.actions.setMicrophone(true);
		mutedAt(4, 1);
		expect(session.view.current?.local.microphoneEnabled).toBe(true);
		mutedAt(5, 2);
		await vi.waitFor(() => expect(session.view.current?.local.microphoneEnabled).toBe(false));
	});

	test('what a host asks for is asked of the server, and its refusal said', async () => {
		const { session, inside, server } = world();
		await session.actions.mute('ann'); // in no call: nothing
		expect(server.mute).not.toHaveBeenCalled();
		await inside();
		await session.actions.mute('ann');
		await session.actions.handOver('ann');
		expect(server.mute).toHaveBeenCalledWith({ callId: 'a', userId: 'ann' });
		expect(server.handOver).toHaveBeenCalledWith({ callId: 'a', userId: 'ann' });
		server.remove.mockRejectedValueOnce(refusal('call/not-host'));
		await session.actions.remove('ann');
		expect(session.view.notice?.text).toBe('Only the host of this call can do that.');
	});

	test('the lease is renewed, and statistics are read each second, only there', async () => {
		const { inside, server, meshes } = world();
		await inside();
		await vi.advanceTimersByTimeAsync(LEASE_RENEW_INTERVAL_MS);
		expect(server.renew).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
		expect(meshes[0]?.refreshStatus.mock.calls.length).toBeGreaterThanOrEqual(9);
	});

	test('whoever was away says at once that they are back, and what changed meanwhile', async () => {
		const { session, inside, server, tell } = world();
		await inside();
		const rung = (rung: 'websocket' | 'long-poll' | 'none') =>
			tell({ type: 'status', status: { rung, since: 0, why: '' } });
		rung('long-poll');
		rung('none');
		server.setMedia.mockRejectedValue(new Error('network'));
		void session.actions.setMicrophone(false);
		await vi.advanceTimersByTimeAsync(5_000);
		expect(server.renew).not.toHaveBeenCalled();
		server.setMedia.mockReset();
		rung('websocket');
		await vi.advanceTimersByTimeAsync(0);
		expect(server.renew).toHaveBeenCalledTimes(1);
		expect(server.setMedia).toHaveBeenCalledWith(expect.objectContaining({ microphoneEnabled: false }));
	});

	test('toggles reach the others, the last word last', async () => {
		const { session, inside, server, memory } = world();
		await inside();
		await session.actions.setMicrophone(false);
		await session.actions.setCamera(false);
		await vi.waitFor(() =>
			expect(server.setMedia.mock.lastCall?.[0]).toMatchObject({
				microphoneEnabled: false,
				cameraEnabled: false
			})
		);
		expect(memory.remember.mock.lastCall?.[0]).toEqual({
			callId: 'a',
			deviceId: HERE,
			microphoneEnabled: false,
			cameraEnabled: false
		});
	});

	test('a toggle that could not be told is told when the server is in reach again', async () => {
		const { session, inside, server } = world();
		await inside();
		server.setMedia.mockRejectedValue(new Error('network'));
		await session.actions.setMicrophone(false);
		await vi.advanceTimersByTimeAsync(8_000);
		server.setMedia.mockClear();
		server.setMedia.mockResolvedValue();
		await vi.advanceTimersByTimeAsync(LEASE_RENEW_INTERVAL_MS);
		expect(server.setMedia.mock.calls.map(([input]) => input.microphoneEnabled)).toEqual([false]);
	});

	test('the page that is left says so at once', async () => {
		const { inside, leavePage, postOnLeaving } = world();
		await inside();
		leavePage();
		expect(postOnLeaving).toHaveBeenCalledWith('/trpc/calls.away', { callId: 'a', deviceId: HERE });
	});

	test('a page that is in no call says nothing when it is left', () => {
		const { ringing, leavePage, postOnLeaving } = world();
		ringing();
		leavePage();
		expect(postOnLeaving).not.toHaveBeenCalled();
	});

	test('under a new device id it joins in place of the old one, with new connections', async () => {
		const { session, inside, tell, server, meshes } = world();
		await inside();
		server.join.mockResolvedValueOnce(accepted({ version: 3, devices: ['anns', 'device-2'] }));
		tell({ type: 'device', deviceId: 'device-2' });
		await vi.waitFor(() => expect(meshes).toHaveLength(2));
		expect(server.join.mock.calls[0]?.[0]).toMatchObject({ deviceId: 'device-2', replaces: HERE });
		expect(meshes[0]?.close).toHaveBeenCalled();
		expect(meshes[1]?.deps.deviceId).toBe('device-2');
		expect(session.view.current?.stage).toBe('joined');
	});
});

describe('after a reload', () => {
	const remembered = { callId: 'a', deviceId: 'device-0', microphoneEnabled: false, cameraEnabled: false };

	test('the call is joined again in place of the old device, muted as it was', async () => {
		const { session, server, tell } = world({ remembered });
		tell({ type: 'device', deviceId: HERE });
		await vi.waitFor(() => expect(session.view.current?.stage).toBe('joined'));
		expect(server.join).toHaveBeenCalledWith({ ...remembered, deviceId: HERE, replaces: 'device-0' });
	});

	test('a call that is over meanwhile is no problem of anybody', async () => {
		const { session, server, tell, memory, medias } = world({ remembered });
		server.join.mockRejectedValueOnce(refusal('call/over'));
		tell({ type: 'device', deviceId: HERE });
		await vi.waitFor(() =>
			expect(session.view.notice).toMatchObject({ text: 'The call has ended', tone: 'neutral' })
		);
		expect(memory.forget).toHaveBeenCalled();
		expect(medias[0]?.closed).toBe(true);
	});
});

test('closed, it leaves the call and tells nobody any more', async () => {
	const { session, inside, server, medias, tell } = world();
	await inside();
	const listener = vi.fn();
	session.subscribe(listener);
	session.close();
	listener.mockClear();
	expect(server.leave).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE });
	expect(medias[0]?.closed).toBe(true);
	tell({ type: 'call', call: annCalls({ id: 'b' }) });
	expect(listener).not.toHaveBeenCalled();
});
