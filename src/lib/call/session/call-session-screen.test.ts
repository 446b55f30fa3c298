import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { accepted, annCalls, HERE, world } from './call-session-world';

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 }));
afterEach(() => void vi.useRealTimers());

async function inside() {
	const w = world();
	await w.inside();
	const [screen] = w.screens;
	const [mesh] = w.meshes;
	if (!screen || !mesh) throw new Error('no stay was made');
	return { ...w, screen, mesh };
}

test('a share is told to the others, sent by every connection, and shown to us', async () => {
	const { session, server, screen, mesh, memory } = await inside();
	expect(session.view.current?.local.screen).toBe('off');
	const screenVideo = {} as MediaStreamTrack;
	Object.assign(screen, { tracks: { screenVideo, screenAudio: null } });
	await session.actions.setScreen(true);
	expect(session.view.current?.local.screen).toBe('on');
	expect(mesh.setTracks.mock.lastCall?.[0]).toEqual({
		audio: null,
		video: null,
		screenVideo,
		screenAudio: null
	});
	await vi.waitFor(() =>
		expect(server.setMedia).toHaveBeenCalledWith({
			callId: 'a',
			deviceId: HERE,
			microphoneEnabled: true,
			cameraEnabled: true,
			screenEnabled: true
		})
	);
	// A page that comes back may not share by itself: the browser wants a gesture.
	expect(memory.remember.mock.lastCall?.[0]).not.toHaveProperty('screenEnabled');
});

test('ended by the browser, it is ended for everybody', async () => {
	const { session, server, screen } = await inside();
	await session.actions.setScreen(true);
	await vi.waitFor(() => expect(server.setMedia).toHaveBeenCalledTimes(1));
	screen.stop(); // as its own bar does it: nobody asked us
	expect(session.view.current?.local.screen).toBe('off');
	await vi.waitFor(() => expect(server.setMedia.mock.lastCall?.[0]).toMatchObject({ screenEnabled: false }));
});

test('a screen that cannot be shared is explained; one that was not chosen is not', async () => {
	const { session, refused } = await inside();
	refused.screen = 'blocked';
	await session.actions.setScreen(true);
	expect(session.view.notice).toMatchObject({ tone: 'problem', text: expect.stringContaining('system') });
	session.actions.dismissNotice();
	refused.screen = null;
	await session.actions.setScreen(true);
	expect(session.view.notice).toBeNull();
});

test('under another id the same share goes on, and is told anew', async () => {
	const { session, server, tell, meshes } = await inside();
	await session.actions.setScreen(true);
	await vi.waitFor(() => expect(server.setMedia).toHaveBeenCalledTimes(1));
	server.join.mockResolvedValueOnce(accepted({ version: 3, devices: ['anns', 'device-2'] }));
	tell({ type: 'device', deviceId: 'device-2' });
	await vi.waitFor(() => expect(meshes).toHaveLength(2));
	await vi.waitFor(() =>
		expect(server.setMedia.mock.lastCall?.[0]).toMatchObject({ deviceId: 'device-2', screenEnabled: true })
	);
});

test('who leaves shares no more', async () => {
	const { session, screen } = await inside();
	await session.actions.setScreen(true);
	await session.actions.leave();
	expect(screen.closed).toBe(true);
});

test('the screen of another device is theirs to show', async () => {
	const { session, tell } = await inside();
	const call = accepted({ version: 3 });
	const devices = call.devices.map((one) => ({ ...one, screenEnabled: one.deviceId === 'anns' }));
	tell({ type: 'call', call: { ...call, devices } });
	expect(session.view.current?.remotes).toEqual([
		expect.objectContaining({ displayName: 'Ann', screenEnabled: true, screen: null })
	]);
});

test('outside of a call there is nothing to share into', async () => {
	const { session, tell, screens } = world();
	tell({ type: 'call', call: annCalls() });
	await session.actions.setScreen(true);
	expect(screens).toEqual([]);
});
