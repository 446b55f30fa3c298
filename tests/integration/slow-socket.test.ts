import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getRequest, setResponse } from '@sveltejs/kit/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GlobalThisWSS } from 'trpc-sveltekit/websocket';
import type { WebSocketServer } from 'ws';
import { openDb, type DbConnection } from '../../src/lib/server/db/client';
import { users } from '../../src/lib/server/db/schema';
import { readEnv } from '../../src/lib/server/env';
import { createLogger } from '../../src/lib/server/ops/log';
import { createWebServer } from '../../src/lib/server/ops/web-server';
import { MAX_BUFFERED_BYTES } from '../../src/lib/server/trpc/limits';
import type { Api, Parley } from '../../src/lib/server/trpc/parley';
import { wire } from '../../src/lib/server/wire';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { TestSocket } from './doors-fixture';

/** A reader that does not read, seen from inside the server: the product in this process, sockets from outside. */
let database: TestDatabase;
let connection: DbConnection;
let parley: Parley;
let port: number;
const web = createWebServer();

beforeAll(async () => {
	database = await testDatabase();
	connection = openDb(database.url);
	const env = readEnv({ STUN_URLS: 'none', DATABASE_URL: database.url, PARLEY_LIMITS: '10' });
	parley = await wire({ env, connection, log: createLogger('silent') });
	port = await web.listen(0, '127.0.0.1');
	web.serve((request, response) => void answer(request, response), parley.handleUpgrade);
});
afterAll(async () => {
	await parley?.close();
	web.closeAll();
	await web.stopAccepting();
	await connection?.close();
	await database?.drop();
});

/** As Kit's server does it. */
async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
	const request = await getRequest({ base: `http://127.0.0.1:${port}`, request: incoming });
	const bearer = request.headers.get('authorization')?.replace('Bearer ', '');
	const known = await parley.authenticate({ bearer });
	const facts = { identity: known?.identity ?? null, hasCredentials: true, ip: '127.0.0.1', cookie: null };
	await setResponse(response, await parley.handleApi(request, facts));
}

type Somebody = { api: Api; authorization: string; deviceId: string };

async function somebody(): Promise<Somebody> {
	const username = `user-${randomUUID()}`.slice(0, 32);
	const [row] = await database.db
		.insert(users)
		.values({ username, displayName: 'Somebody', passwordHash: 'none' })
		.returning({ userId: users.id });
	const person = { userId: row!.userId, username, displayName: 'Somebody', expiresAt: null };
	const facts = { hasCredentials: true, ip: '127.0.0.1', cookie: null };
	const owner = parley.createApi({ ...facts, identity: { ...person, via: 'session', id: randomUUID() } });
	const { token } = await owner.tokens.create({ name: 'one' });
	const { deviceId } = await owner.inbox.open();
	return { api: owner, authorization: `Bearer ${token}`, deviceId };
}

async function callOfTwo(): Promise<{ from: Somebody; to: Somebody; callId: string; roomId: string }> {
	const [from, to] = [await somebody(), await somebody()];
	const { id: roomId } = await from.api.rooms.create({ name: 'A room' });
	const { code } = await from.api.rooms.inviteCode({ roomId });
	await to.api.rooms.join({ code });
	const media = { microphoneEnabled: true, cameraEnabled: false };
	const { id: callId } = await from.api.calls.start({
		roomId,
		deviceId: from.deviceId,
		kind: 'audio',
		...media
	});
	await to.api.calls.accept({ callId, deviceId: to.deviceId, ...media });
	return { from, to, callId, roomId };
}

const BODY = 'A'.repeat(30_000);
const SIGNALS = 170;

async function sendSignals(
	{ from, to, callId }: Awaited<ReturnType<typeof callOfTwo>>,
	count: number,
	body = BODY,
	firstN = 1
) {
	for (let n = firstN; n < firstN + count; n += 1) {
		const signals = [{ v: 1 as const, kind: 'candidates' as const, callVersion: 1, body }];
		await from.api.signals.send({
			callId,
			deviceId: from.deviceId,
			toDeviceId: to.deviceId,
			firstN: n,
			signals
		});
	}
}

/** A client that upgrades, asks for what it is told to, and then never reads again. */
async function openDeafSocket({ authorization }: Somebody, messages: readonly object[]): Promise<Socket> {
	const socket = connect(port, '127.0.0.1').on('error', () => {});
	socket.write(
		`GET /trpc HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
			'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
	);
	await new Promise((resolve) => socket.once('data', resolve));
	socket.pause();
	for (const message of messages) {
		const text = Buffer.from(JSON.stringify(message));
		const length = Buffer.alloc(2);
		length.writeUInt16BE(text.length);
		// Masked with zeros, which changes nothing.
		socket.write(Buffer.concat([Buffer.from([0x81, 0xfe]), length, Buffer.alloc(4), text]));
	}
	return socket;
}

const follow = (id: number, deviceId: string) => ({
	id,
	method: 'subscription',
	params: { path: 'inbox.stream', input: { deviceId, lastEventId: '1:0:x' } }
});

const clients = () => [...(globalThis as unknown as Record<symbol, WebSocketServer>)[GlobalThisWSS]!.clients];

/** What is held for the one client there is. (`bufferedAmount` also counts what was sent too late to be kept.) */
const waiting = () =>
	Math.max(
		0,
		...clients().map((client) => (client as unknown as { _socket: Socket })._socket.writableLength)
	);

/** Looks all the time at what is held for the one client there is. */
function watchBuffered(): { most: () => number; stop: () => void } {
	let most = 0;
	const timer = setInterval(() => {
		most = Math.max(most, waiting());
	}, 1);
	return { most: () => most, stop: () => clearInterval(timer) };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
function heldBytes(): number {
	for (let n = 0; n < 3; n += 1) collectGarbage();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

test('5 MB for a client that does not read: at most 1 MiB is held for it, and it loses nothing', async () => {
	const call = await callOfTwo();
	await sendSignals(call, 125); // 3.75 MB: a mailbox holds no more than 4 MiB
	const watch = watchBuffered();
	/** Two readers on one socket: twice the mailbox would pass through it. Settles when nothing moves any more. */
	async function openDeaf(): Promise<Socket> {
		const follows = [follow(1, call.to.deviceId), follow(2, call.to.deviceId)];
		const socket = await openDeafSocket(call.to, follows);
		await expect.poll(() => waiting()).toBeGreaterThan(16_000);
		let last = -1;
		await expect
			.poll(
				() => {
					const [before, now] = [last, waiting()];
					last = now;
					return before === now;
				},
				{ interval: 300 }
			)
			.toBe(true);
		return socket;
	}
	const deaf = await openDeaf();
	expect(watch.most()).toBeLessThanOrEqual(MAX_BUFFERED_BYTES);
	expect(clients()[0]?.readyState).toBe(1); // not fed, and not thrown out
	deaf.destroy();
	await expect.poll(() => clients().length).toBe(0);

	const again = new TestSocket(`ws://127.0.0.1:${port}/trpc`, {
		headers: { authorization: call.to.authorization }
	});
	await again.opened;
	again.follow(1, call.to.deviceId, '1:0:x');
	const seqs = () =>
		again.heard.flatMap(({ result }) => {
			const { data } = (result?.data ?? {}) as { data?: { type: string; signal?: { seq: number } } };
			return data?.type === 'signal' ? [data.signal?.seq] : [];
		});
	await expect.poll(() => seqs().length).toBe(125);
	expect(seqs()).toEqual(Array.from({ length: 125 }, (_, n) => n + 1));
	again.terminate();
	await expect.poll(() => clients().length).toBe(0);

	// Everything is warm now: what is more in memory is there for it.
	const before = heldBytes();
	const deafAgain = await openDeaf();
	const held = heldBytes() - before;
	watch.stop();
	deafAgain.destroy();
	expect(held).toBeLessThanOrEqual(MAX_BUFFERED_BYTES);
});

test('the same over server-sent events: at most 1 MiB is held', async () => {
	const call = await callOfTwo();
	const { deviceId, authorization, api } = call.to;
	const input = encodeURIComponent(JSON.stringify({ deviceId, lastEventId: '1:0:x' }));
	const deaf = connect(port, '127.0.0.1').on('error', () => {});
	deaf.write(
		`GET /trpc/inbox.stream?input=${input} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`
	);
	await new Promise((resolve) => deaf.once('data', resolve));
	deaf.pause();
	const before = heldBytes();
	// 10 MB, of which the system takes a few. A mailbox holds no more than 4 MiB at a time.
	for (const upTo of [120, 240]) {
		await sendSignals(call, 120, BODY, upTo - 119);
		await api.inbox.ack({ deviceId, cursor: { epoch: 1, seq: upTo } });
	}
	let last = 0;
	await expect
		.poll(
			() => {
				const moved = Math.abs(heldBytes() - last);
				last = heldBytes();
				return moved;
			},
			{ interval: 300, timeout: 10_000 }
		)
		.toBeLessThan(50_000);
	expect(last - before).toBeLessThanOrEqual(MAX_BUFFERED_BYTES);
	deaf.destroy();
});

test('answers that nobody takes: the socket is closed before more than 1 MiB waits', async () => {
	const { to, roomId } = await callOfTwo();
	for (let n = 0; n < 100; n += 1)
		await to.api.messages.send({ roomId, id: randomUUID(), body: 'x'.repeat(4_000) });
	const watch = watchBuffered();
	const page = (id: number) => ({
		id,
		method: 'query',
		params: { path: 'messages.page', input: { roomId, limit: 100 } }
	});
	const deaf = await openDeafSocket(
		to,
		Array.from({ length: 60 }, (_, id) => page(id))
	);
	await expect.poll(() => clients().length, { timeout: 10_000 }).toBe(0);
	expect(watch.most()).toBeGreaterThan(100_000);
	expect(watch.most()).toBeLessThanOrEqual(MAX_BUFFERED_BYTES);
	watch.stop();
	deaf.destroy();
});

test.runIf(process.env.LONG)(
	'beside it the others’ p50 moves by at most 1.5x',
	{ timeout: 120_000 },
	async () => {
		const [quick, slow] = [await callOfTwo(), await callOfTwo()];
		const socket = new TestSocket(`ws://127.0.0.1:${port}/trpc`, {
			headers: { authorization: quick.to.authorization }
		});
		await socket.opened;
		socket.follow(1, quick.to.deviceId);
		let n = 0;
		let slowN = 1;
		/** The median of so many deliveries, one after the other. */
		async function round(): Promise<number> {
			const took: number[] = [];
			for (let i = 0; i < 150; i += 1) {
				const begun = performance.now();
				const arrived = new Promise((resolve) => socket.once('message', resolve));
				await sendSignals(quick, 1, 'A'.repeat(2_000), (n += 1));
				await arrived;
				took.push(performance.now() - begun);
			}
			await quick.to.api.inbox.ack({ deviceId: quick.to.deviceId, cursor: { epoch: 1, seq: n } });
			return took.sort((a, b) => a - b)[75]!;
		}
		const alone: number[] = [];
		const beside: number[] = [];
		await round();
		for (let i = 0; i < 7; i += 1) {
			alone.push(await round());
			const deaf = await openDeafSocket(slow.to, [follow(1, slow.to.deviceId), follow(2, slow.to.deviceId)]);
			await sendSignals(slow, SIGNALS / 10, BODY, slowN);
			slowN += SIGNALS / 10;
			beside.push(await round());
			deaf.destroy();
		}
		const median = (all: number[]) => all.sort((a, b) => a - b)[3]!;
		console.log(
			`p50 alone ${median(alone).toFixed(2)} ms, beside a deaf reader ${median(beside).toFixed(2)} ms`
		);
		expect(median(beside) / median(alone)).toBeLessThanOrEqual(1.5);
		socket.terminate();
	}
);
