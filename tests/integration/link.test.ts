import { expect, test } from 'vitest';
import {
	bodies,
	CALL_ID,
	drop,
	received,
	send,
	setUp,
	Store,
	toStandOn,
	until
} from '../fixtures/toy-server';

test('WebSocket refused -> polling carries everything, says why, and climbs when the way is free', async () => {
	const store = new Store();
	store.refuseUpgrades = true;
	const world = await setUp(store);
	const a = world.join();
	const b = world.join();
	await toStandOn('long-poll', a, b);
	for (let i = 0; i < 60; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toEqual(bodies(60)));
	expect(store.sends.socket).toBe(0);
	await until(() =>
		expect(b.link.status.why).toBe('The WebSocket is blocked. Server-sent events are blocked.')
	);
	store.refuseUpgrades = false;
	await toStandOn('websocket', a, b);
});

test('the stream stands -> polling stops, sends take the socket, what was read is acknowledged', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	await until(() => expect(world.store.pollsInFlight).toBe(0));
	expect(b.link.status.why).toBe('');
	for (let i = 0; i < 40; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toEqual(bodies(40)));
	// The first alone, then as many as a send carries, then the rest.
	expect(world.store.sends).toEqual({ socket: 3, http: 0 });
	await until(() => expect(world.store.mailbox(b.link.deviceId!).acked).toBe(40));
	expect(b.news.map((one) => one.type).indexOf('state')).toBeLessThan(
		b.news.findIndex((one) => one.type === 'signal')
	);
});

test('sockets that drop again and again -> a poll within 500 ms each time, no signal lost or doubled', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join({ random: () => 0.99 });
	let sent = 0;
	for (let round = 0; round < 2; round += 1) {
		await toStandOn('websocket', a, b);
		for (const end = sent + 20; sent < end; sent += 1) send(a, b, sent);
		const droppedAt = performance.now();
		drop(world.sockets());
		for (const end = sent + 20; sent < end; sent += 1) send(a, b, sent);
		await until(() => expect(world.store.lastPollAt).toBeGreaterThan(droppedAt));
		// 500 ms, the round trip, and what a busy machine adds.
		expect(world.store.lastPollAt - droppedAt).toBeLessThan(800);
		await until(() => expect(received(b)).toEqual(bodies(sent)));
	}
	await until(() =>
		expect(b.link.status.why).toBe(
			'The WebSocket keeps breaking and is left alone for a while. Server-sent events are blocked.'
		)
	);
});

test('the stream resumes after its last event: nothing comes twice', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	for (let i = 0; i < 10; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toHaveLength(10));
	drop(world.sockets());
	await until(() => expect(b.link.status.rung).toBe('long-poll'));
	await toStandOn('websocket', b);
	expect(world.store.subscribedFrom).toContain('1:10:resume');
	send(a, b, 10);
	await until(() => expect(received(b)).toEqual(bodies(11)));
	expect(world.store.yielded).toBeLessThanOrEqual(11);
});

test('the server is away and comes back -> the link says so, and what was queued meanwhile arrives once', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	await world.stop();
	for (let i = 0; i < 50; i += 1) send(a, b, i);
	await toStandOn('none', a, b);
	expect(b.link.status.why).toBe('The server cannot be reached; trying again.');
	await world.startAgain();
	await until(() => expect(received(b)).toEqual(bodies(50)));
	await toStandOn('websocket', a, b);
});

test('a network that swallows everything -> left within ping interval and pong time-out, not with the close event', async () => {
	const world = await setUp();
	const b = world.join({ pingIntervalMs: 200, pongTimeoutMs: 100 });
	await toStandOn('websocket', b);
	const frozenAt = performance.now();
	for (const client of world.sockets().clients) client.pause();
	await toStandOn('long-poll', b);
	expect(performance.now() - frozenAt).toBeLessThan(800);
});

test('the socket does not answer a send -> after 2 s the same numbers go by HTTP, and arrive once', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	world.store.muteSocketSends = true;
	for (let i = 0; i < 3; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toEqual(bodies(3)));
	expect(world.store.sends.http).toBeGreaterThan(0);
	expect(world.store.mailbox(b.link.deviceId!).rows).toHaveLength(3);
});

test('large sends to several mailboxes in one tick -> no frame grows past what the server takes', async () => {
	const world = await setUp();
	const a = world.join();
	const others = [world.join(), world.join(), world.join()];
	await toStandOn('websocket', a, ...others);
	const large = 'A'.repeat(40_000);
	for (const other of others) {
		a.link.sendSignal(CALL_ID, other.link.deviceId!, { v: 1, kind: 'offer', callVersion: 1, body: large });
	}
	await until(() => expect(others.flatMap(received)).toEqual([large, large, large]));
	expect(a.news.filter((one) => one.type === 'status' && one.status.rung === 'websocket')).toHaveLength(1);
	expect(a.link.status.rung).toBe('websocket');
});

test('the stream skips a signal -> it is read from the cursor, while the stream goes on', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	world.store.skipSeq = 2;
	for (let i = 0; i < 5; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toEqual(bodies(5)));
	expect(b.link.status.rung).toBe('websocket');
});

test('a receiver that is gone -> send-refused, for that call', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	world.store.mailboxes.delete(b.link.deviceId!);
	send(a, b, 0);
	await until(() =>
		expect(a.news).toContainEqual(expect.objectContaining({ type: 'send-refused', callId: CALL_ID }))
	);
});

test('the server forgets the device -> another one is opened', async () => {
	const world = await setUp();
	const b = world.join();
	await toStandOn('websocket', b);
	const before = b.link.deviceId;
	world.store.mailboxes.clear();
	world.store.wake();
	await until(() => expect(b.link.deviceId).not.toBe(before));
	await toStandOn('websocket', b);
	expect(b.news.filter((one) => one.type === 'device')).toHaveLength(2);
});

test('the session ends -> signed-out, once, and nothing is asked any more', async () => {
	const world = await setUp();
	const b = world.join();
	await toStandOn('websocket', b);
	world.store.signedOut = true;
	world.store.wake();
	await until(() => expect(b.news.filter((one) => one.type === 'signed-out')).toHaveLength(1));
	expect(b.link.status).toMatchObject({ rung: 'none', why: 'The session is over.' });
	await until(() => expect(world.sockets().clients.size).toBe(0));
});

test('stop() -> no socket and no poll is left', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join({ WebSocket: null });
	await toStandOn('websocket', a);
	await until(() => expect(world.store.pollsInFlight).toBe(1));
	a.link.stop();
	b.link.stop();
	await until(() => expect(world.sockets().clients.size + world.store.pollsInFlight).toBe(0));
	expect(b.link.status.rung).toBe('none');
});
