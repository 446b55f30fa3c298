import { expect, test, vi } from 'vitest';
import type { Candidate } from '../core/signal-body';
import { FIRST_PATH_WITHIN_MS, NO_PATH, RESTART_WITHIN_MS } from './peer-link-recovery';
import {
	BOB,
	inFakeBrowser,
	build,
	device,
	earlier,
	epochs,
	signal,
	snapshot,
	ME
} from './peer-mesh-fixture';

const settle = () => vi.advanceTimersByTimeAsync(0);

inFakeBrowser();

const candidateOf = (type: string): Candidate => ({
	candidate: `candidate:1 1 udp 1 192.0.2.1 9 typ ${type}`,
	sdpMid: '0',
	sdpMLineIndex: 0,
	usernameFragment: null
});

test('a connection reports its states, and how many candidates of which type passed, without an address', async () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	await settle();
	for (const type of ['host', 'host', 'srflx']) {
		connections[0]?.options.on({ type: 'candidate-gathered', candidate: candidateOf(type) });
	}
	mesh.receive(
		signal({ v: 1, epochs, attempt: 0, candidates: [candidateOf('relay'), candidateOf('host'), null] })
	);
	await settle();
	connections[0]?.become('connected');
	expect(mesh.reports()).toEqual([
		{
			deviceId: BOB,
			connectionState: 'connected',
			iceConnectionState: 'new',
			iceGatheringState: 'new',
			signalingState: 'stable',
			path: null,
			candidates: {
				local: { host: 2, srflx: 1, prflx: 0, relay: 0 },
				remote: { host: 1, srflx: 0, prflx: 0, relay: 1 }
			},
			restarts: 0,
			why: null
		}
	]);
	expect(JSON.stringify(mesh.reports())).not.toContain('192.0.2.1');
});

test('restarts and why it was given up are told; a path that is found after all takes the words back', async () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS);
	expect(mesh.reports()).toMatchObject([{ restarts: 1, why: null }]);
	for (const ms of RESTART_WITHIN_MS) await vi.advanceTimersByTimeAsync(ms);
	await vi.advanceTimersByTimeAsync(FIRST_PATH_WITHIN_MS); // another connection
	expect(mesh.reports()).toMatchObject([{ restarts: RESTART_WITHIN_MS.length, why: NO_PATH }]);
	connections[1]?.become('connected');
	expect(mesh.reports()).toMatchObject([{ restarts: RESTART_WITHIN_MS.length, why: null }]);
});

test('a mailbox that begins anew is another connection, which counts anew', async () => {
	const { mesh, connections } = build();
	mesh.update(snapshot(1, earlier));
	connections[0]?.options.on({ type: 'candidate-gathered', candidate: candidateOf('host') });
	mesh.update(snapshot(2, [device(BOB, 1, 2), device(ME, 2)]));
	expect(mesh.reports()).toMatchObject([{ deviceId: BOB, candidates: { local: { host: 0 } } }]);
});
