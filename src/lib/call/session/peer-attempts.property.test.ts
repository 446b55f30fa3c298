import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { PeerConnectionOptions } from '../media/peer-connection';
import { createPeerMesh, type PeerMesh } from './peer-mesh';
import { BOB, CALL, device, FakeConnection, inFakeBrowser, ME, snapshot } from './peer-mesh-fixture';
import { decodeBody } from './peer-mesh-wire';
import { createShownSizes } from './shown-sizes';

// Two devices give connections up and try the next, each when it thinks so, while signals are on their way.

inFakeBrowser();

type Side = { mesh: PeerMesh; connections: FakeConnection[]; inbox: DeliveredSignal[]; attempts: number[] };

function open(deviceId: string, other: () => Side): Side {
	const connections: FakeConnection[] = [];
	const attempts: number[] = [];
	let seq = 0;
	const mesh = createPeerMesh({
		callId: CALL,
		deviceId,
		ice: { iceServers: [{ urls: 'turn:turn.example' }], iceTransportPolicy: 'all' },
		iceReady: async () => undefined,
		send(_to: string, envelope: SignalEnvelope) {
			seq += 1;
			attempts.push(decodeBody(envelope.kind, envelope.body)?.attempt ?? -1);
			other().inbox.push({ epoch: 1, seq, callId: CALL, fromDeviceId: deviceId, envelope });
		},
		fetchSnapshot: () => Promise.reject(new Error('nobody is behind here')),
		onChange: () => {},
		onConnected: () => {},
		onFailed: () => {},
		onSaid: () => {},
		onReachable: () => {},
		sizes: createShownSizes(),
		connect(options: PeerConnectionOptions) {
			const connection = new FakeConnection(options);
			connections.push(connection);
			return connection;
		}
	});
	return { mesh, connections, inbox: [], attempts };
}

const happening = fc.oneof(
	fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 45_000 }) }),
	fc.record({ type: fc.constant('deliver' as const), to: fc.integer({ min: 0, max: 1 }) }),
	fc.record({
		type: fc.constant('become' as const),
		at: fc.integer({ min: 0, max: 1 }),
		state: fc.constantFrom('connected' as const, 'disconnected' as const, 'failed' as const)
	})
);

test('whatever each gives up, both come to the same attempt, and its offer is answered once', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(happening, { maxLength: 30, size: 'max' }), async (happenings) => {
			const sides: Side[] = [open(BOB, () => sides[1]!), open(ME, () => sides[0]!)];
			const devices = [device(BOB, 1), device(ME, 2)];
			for (const { mesh } of sides) mesh.update(snapshot(1, devices));
			const deliver = async (side: Side) => {
				const signal = side.inbox.shift();
				if (signal) side.mesh.receive(signal);
				await vi.advanceTimersByTimeAsync(0);
			};
			for (const one of happenings) {
				if (one.type === 'pass') await vi.advanceTimersByTimeAsync(one.ms);
				else if (one.type === 'deliver') await deliver(sides[one.to]!);
				else sides[one.at]!.connections.at(-1)?.become(one.state);
			}
			// All that is on its way arrives now, at once.
			await vi.advanceTimersByTimeAsync(0);
			while (sides.some(({ inbox }) => inbox.length > 0)) for (const side of sides) await deliver(side);
			const [answerer, offerer] = sides.map(({ connections }) => connections.at(-1)!);
			const times = (side: FakeConnection, line: string) => side.log.filter((one) => one === line).length;
			expect(times(answerer!, 'setRemote offer')).toBeGreaterThan(0);
			expect(times(offerer!, 'setRemote answer')).toBe(times(answerer!, 'makeAnswer'));
			const policies = [answerer, offerer].map((side) => side!.options.ice.iceTransportPolicy);
			expect(policies[0]).toBe(policies[1]);
			// Nobody goes ahead alone: of each attempt, each has one connection at most.
			const highest = Math.max(...sides.flatMap(({ attempts }) => attempts));
			for (const { connections } of sides) expect(connections.length).toBeLessThanOrEqual(highest + 1);
			for (const { mesh } of sides) mesh.close();
		}),
		{ numRuns: 200 }
	);
});
