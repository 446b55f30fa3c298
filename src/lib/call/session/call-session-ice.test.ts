import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { accepted, world } from './call-session-world';

// Which servers a call is connected by: with whose credentials, and whether it may name this device's address.

const STUN = [{ urls: ['stun:s.example'] }];
const turn = (username: string) => [{ urls: ['turn:t.example'], username, credential: 'x' }];
const LIFETIME_MS = 600_000;
const answer = (iceServers: RTCIceServer[]) => ({ iceServers, expiresAt: LIFETIME_MS, serverNow: 0 });

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 }));
afterEach(() => void vi.useRealTimers());

test('who hides their address is connected by the TURN server alone', async () => {
	const { server, inside, meshes, session } = world({ hidesAddress: true });
	server.iceServers.mockResolvedValueOnce(answer(turn('1')));
	await inside();
	expect(meshes[0]?.deps.ice).toEqual({ iceServers: turn('1'), iceTransportPolicy: 'relay' });
	expect(session.view.notice).toBeNull();
});

test('where there is no TURN server, the call is connected all the same, and they are told', async () => {
	const { server, inside, meshes, session } = world({ hidesAddress: true });
	server.iceServers.mockResolvedValueOnce({ ...answer(STUN), expiresAt: null });
	await inside();
	expect(meshes[0]?.deps.ice).toEqual({ iceServers: STUN, iceTransportPolicy: 'all' });
	expect(session.view.notice?.text).toContain('is not hidden');
});

test('as long as nobody knows which servers there are, no address is named', async () => {
	const { server, inside, meshes } = world({ hidesAddress: true });
	server.iceServers.mockRejectedValue(new Error('network'));
	const entering = inside();
	await vi.advanceTimersByTimeAsync(8_000); // the tries of two questions
	await entering;
	expect(meshes[0]?.deps.ice).toEqual({ iceServers: [], iceTransportPolicy: 'relay' });
	server.iceServers.mockReset().mockResolvedValueOnce(answer(turn('2')));
	await vi.advanceTimersByTimeAsync(30_000);
	expect(meshes[0]?.setIce.mock.calls).toEqual([[{ iceServers: turn('2'), iceTransportPolicy: 'relay' }]]);
});

test('others are connected by any path, and nothing is said', async () => {
	const { server, inside, meshes, session } = world();
	server.iceServers.mockResolvedValueOnce(answer(turn('1')));
	await inside();
	expect(meshes[0]?.deps.ice.iceTransportPolicy).toBe('all');
	expect(session.view.notice).toBeNull();
});

test('in a long stay the connections are given new credentials before the old ones expire', async () => {
	const { server, inside, meshes } = world();
	server.iceServers.mockResolvedValueOnce(answer(turn('1'))).mockResolvedValueOnce(answer(turn('2')));
	await inside();
	await vi.advanceTimersByTimeAsync(LIFETIME_MS / 2);
	expect(meshes[0]?.setIce.mock.calls).toEqual([[{ iceServers: turn('2'), iceTransportPolicy: 'all' }]]);
});

test('a page that slept past the expiry has new credentials before it connects to who has joined', async () => {
	const { server, inside, meshes, tell } = world();
	server.iceServers.mockResolvedValueOnce(answer(turn('1')));
	await inside();
	const [mesh] = meshes;
	server.iceServers.mockResolvedValueOnce(answer(turn('2')));
	mesh?.update.mockImplementation(() => expect(mesh.setIce).toHaveBeenCalledTimes(1));
	mesh?.update.mockClear();
	vi.setSystemTime(Date.now() + LIFETIME_MS);
	tell({ type: 'call', call: accepted({ version: 3, devices: ['anns', 'device-1', 'eves'] }) });
	expect(mesh?.update).not.toHaveBeenCalled();
	await vi.waitFor(() => expect(mesh?.update).toHaveBeenCalledTimes(1));
	expect(mesh?.setIce.mock.lastCall?.[0]).toMatchObject({ iceServers: turn('2') });
});

test('a new path is looked for once the credentials hold, and not later than in three seconds', async () => {
	const { server, inside, meshes } = world();
	server.iceServers.mockResolvedValueOnce(answer(turn('1')));
	await inside();
	const ready = vi.fn();
	const iceReady = () => meshes[0]?.deps.iceReady().then(ready);
	await iceReady();
	expect(ready).toHaveBeenCalledTimes(1);
	expect(server.iceServers).toHaveBeenCalledTimes(1);
	vi.setSystemTime(Date.now() + LIFETIME_MS);
	server.iceServers.mockReturnValueOnce(new Promise(() => {}));
	void iceReady();
	await vi.advanceTimersByTimeAsync(2_900);
	expect(ready).toHaveBeenCalledTimes(1);
	await vi.advanceTimersByTimeAsync(200);
	expect(ready).toHaveBeenCalledTimes(2);
});
