import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PeerReport } from '../../src/lib/call/core/connection-report';
import { readEnv } from '../../src/lib/server/env';
import { createCallerFactory } from '../../src/lib/server/trpc/base';
import { appRouter } from '../../src/lib/server/trpc/router';
import { keyOf, testProduct, type Person, type Product } from '../fixtures/product';

const media = { microphoneEnabled: true, cameraEnabled: false };
const body = Buffer.from('sealed').toString('base64');

let product: Product;
let ann: Person;
let bob: Person;
let annDevice: string;
let bobDevice: string;

beforeAll(async () => {
	product = await testProduct({ PARLEY_OPERATORS: 'somebody-else, Olga' });
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
	annDevice = (await ann.api.inbox.open()).deviceId;
	bobDevice = (await bob.api.inbox.open()).deviceId;
});
afterAll(() => product.close());

/** The API as somebody of this username sees it, by session or by token. */
function apiOf(username: string, via: 'session' | 'token' = 'session') {
	const identity = { ...ann.identity, username, via };
	return createCallerFactory(appRouter)({
		services: product.services,
		identity,
		hasCredentials: true,
		ip: '',
		cookie: null
	});
}

const peer = (deviceId: string, connectionState: PeerReport['connectionState']): PeerReport => {
	const none = { host: 0, srflx: 0, prflx: 0, relay: 0 };
	return {
		deviceId,
		connectionState,
		iceConnectionState: 'connected',
		iceGatheringState: 'complete',
		signalingState: 'stable',
		path: 'host',
		candidates: { local: none, remote: none },
		restarts: 0,
		why: null
	};
};

test('only whom the settings name may ask; without the setting nobody', async () => {
	expect(await keyOf(apiOf('olga').ops.activeCalls())).toBe('(no failure)');
	expect(await keyOf(apiOf('olga', 'token').ops.activeCalls())).toBe('(no failure)');
	for (const username of ['ann', 'olg', 'olga2', 'somebody', '']) {
		expect(await keyOf(apiOf(username).ops.activeCalls())).toBe('ops/not-an-operator');
	}
	expect(await keyOf(product.stranger().ops.activeCalls())).toBe('auth/required');
	expect(readEnv({}).operators).toEqual([]);
	expect(() => readEnv({ PARLEY_OPERATORS: 'olga,not a name' })).toThrow('PARLEY_OPERATORS');
});

test('no live calls is an empty page with the clock', async () => {
	const page = await apiOf('olga').ops.activeCalls();
	expect(page).toEqual({ serverNow: expect.any(Number), calls: [], next: null });
	expect(Math.abs(page.serverNow - Date.now())).toBeLessThan(5_000);
});

test('a live call: who, how connected, and what waits; gone when it is over', async () => {
	const { id: roomId } = await ann.api.rooms.openDirect({ username: bob.username });
	const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'video', ...media });
	const only = async () => {
		const { calls, next } = await apiOf('olga').ops.activeCalls();
		expect(next).toBeNull();
		expect(calls.length).toBeLessThan(2);
		return calls[0];
	};
	expect(await only()).toEqual({
		callId: call.id,
		roomId,
		roomName: 'Ann and Bob',
		kind: 'video',
		phase: 'ringing',
		startedAt: call.startedAt,
		activeAt: null,
		participants: 2,
		devices: 1,
		pairs: 0,
		connectedPairs: 0,
		signalsWaiting: 0,
		oldestWaitingAt: null
	});

	const active = await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });
	const signal = { v: 1, kind: 'candidates', callVersion: active.version, body } as const;
	await bob.api.signals.send({
		callId: call.id,
		deviceId: bobDevice,
		toDeviceId: annDevice,
		firstN: 1,
		signals: [signal, signal]
	});
	expect(await only()).toMatchObject({
		phase: 'active',
		activeAt: active.activeAt,
		devices: 2,
		pairs: 1,
		connectedPairs: 0,
		signalsWaiting: 2,
		oldestWaitingAt: expect.any(Number)
	});

	// One end alone does not make a connection.
	const annSays = (state: PeerReport['connectionState']) =>
		ann.api.calls.reportConnection({
			callId: call.id,
			deviceId: annDevice,
			peers: [peer(bobDevice, state)]
		});
	const bobSays = (state: PeerReport['connectionState']) =>
		bob.api.calls.reportConnection({
			callId: call.id,
			deviceId: bobDevice,
			peers: [peer(annDevice, state)]
		});
	await annSays('connected');
	expect(await only()).toMatchObject({ connectedPairs: 0 });
	await bobSays('failed');
	expect(await only()).toMatchObject({ connectedPairs: 0 });
	await bobSays('connected');
	await annSays('failed');
	expect(await only()).toMatchObject({ connectedPairs: 0 });
	await annSays('connected');
	await ann.api.inbox.ack({ deviceId: annDevice, cursor: { epoch: 1, seq: 1 } });
	expect(await only()).toMatchObject({ connectedPairs: 1, signalsWaiting: 1 });

	await ann.api.calls.leave({ callId: call.id, deviceId: annDevice });
	expect(await only()).toBeUndefined();
});

test('it is paged by keyset, the newest first, without holes or repetitions', async () => {
	const started: string[] = [];
	for (let n = 0; n < 5; n += 1) {
		const room = await ann.api.rooms.create({ name: `Room ${n}` });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		await bob.api.rooms.join({ code });
		const { deviceId } = await ann.api.inbox.open();
		started.unshift((await ann.api.calls.start({ roomId: room.id, deviceId, kind: 'audio', ...media })).id);
	}
	const seen: string[] = [];
	let before: { startedAt: number; callId: string } | undefined;
	do {
		const page = await apiOf('olga').ops.activeCalls({ limit: 2, ...(before ? { before } : {}) });
		seen.push(...page.calls.map(({ callId }) => callId));
		before = page.next ?? undefined;
	} while (before);
	expect(seen).toEqual(started);
	expect(await keyOf(apiOf('olga').ops.activeCalls({ limit: 101 }))).toBe('input/invalid');
	expect(
		await keyOf(apiOf('olga').ops.activeCalls({ limit: 1, before: { startedAt: -1, callId: randomUUID() } }))
	).toBe('input/invalid');
});
