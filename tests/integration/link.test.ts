import { initTRPC, tracked, TRPCError } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { ERRORS, ParleyError, type ErrorKey } from '../call/core/errors';
import { cursor, formatEventId, parseEventId, signalSend, type DeliveredSignal } from '../call/core/signal';
import { createLink, type LinkOptions } from './create-link';
import type { Link, LinkNews } from './link';

type Mailbox = { epoch: number; rows: DeliveredSignal[]; lastN: Map<string, number>; acked: number };

/** What survives a restart of the toy server, and what its tests turn and count. */
class Store {
	readonly mailboxes = new Map<string, Mailbox>();
	readonly subscribedFrom: string[] = [];
	readonly sends = { socket: 0, http: 0 };
	readonly #waiting = new Set<() => void>();
	pollsInFlight = 0;
	lastPollAt = 0;
	yielded = 0;
	stateTag = 'a';
	refuseUpgrades = false;
	signedOut = false;
	/** Sends over the socket are taken, and never answered. */
	muteSocketSends = false;
	/** The stream leaves this seq out. */
	skipSeq = 0;

	mailbox(deviceId: string): Mailbox {
		if (this.signedOut) return refuse('auth/session-expired');
		return this.mailboxes.get(deviceId) ?? refuse('device/not-found');
	}

	changed(signal: AbortSignal | undefined, withinMs?: number): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				this.#waiting.delete(done);
				resolve();
			};
			const timer = withinMs === undefined ? undefined : setTimeout(done, withinMs);
			this.#waiting.add(done);
			signal?.addEventListener('abort', done, { once: true });
		});
	}

	wake() {
		for (const done of [...this.#waiting]) done();
	}
}

function refuse(key: ErrorKey, details = {}): never {
	throw new TRPCError({ code: ERRORS[key].code, cause: new ParleyError(key, details) });
}

const t = initTRPC.context<{ way: 'socket' | 'http' }>().create({
	errorFormatter({ shape, error }) {
		const { cause } = error;
		const told = cause instanceof ParleyError ? { key: cause.key, details: cause.details } : {};
		return { ...shape, data: { ...shape.data, ...told } };
	}
});
const device = t.procedure.input(z.object({ deviceId: z.uuid() }));
const state = () => ({ serverNow: Date.now(), calls: [], rooms: [], missedCount: 0 });

/** The procedures that the link uses, over a store in memory. */
function toyRouter(store: Store) {
	return t.router({
		inbox: t.router({
			open: t.procedure.mutation(() => {
				const deviceId = randomUUID();
				store.mailboxes.set(deviceId, { epoch: 1, rows: [], lastN: new Map(), acked: 0 });
				return { deviceId, cursor: { epoch: 1, seq: 0 } };
			}),
			stream: device.input(z.object({ lastEventId: z.string() })).subscription(async function* ({
				input,
				signal
			}) {
				const box = store.mailbox(input.deviceId);
				store.subscribedFrom.push(input.lastEventId);
				let at = parseEventId(input.lastEventId);
				yield tracked(formatEventId(at, randomUUID()), { type: 'state', state: state() });
				while (!signal?.aborted) {
					for (const row of box.rows.filter((row) => row.seq > at.seq)) {
						at = { epoch: row.epoch, seq: row.seq };
						if (row.seq === store.skipSeq) continue;
						store.yielded += 1;
						yield tracked(formatEventId(at, randomUUID()), { type: 'signal', signal: row });
					}
					if (!box.rows.some((row) => row.seq > at.seq)) await store.changed(signal);
					store.mailbox(input.deviceId);
				}
			}),
			poll: device
				.input(z.object({ cursor, stateTag: z.string().optional(), waitMs: z.int() }))
				.query(async ({ input, signal }) => {
					store.lastPollAt = performance.now();
					store.pollsInFlight += 1;
					try {
						const read = () => store.mailbox(input.deviceId).rows.filter((row) => row.seq > input.cursor.seq);
						const stateMoved = () => input.stateTag !== store.stateTag;
						if (read().length === 0 && !stateMoved() && input.waitMs > 0) {
							await store.changed(signal, input.waitMs);
						}
						const { epoch } = store.mailbox(input.deviceId);
						const signals = read();
						return {
							cursor: { epoch, seq: signals.at(-1)?.seq ?? input.cursor.seq },
							signals,
							state: stateMoved() ? state() : null,
							stateTag: store.stateTag
						};
					} finally {
						store.pollsInFlight -= 1;
					}
				}),
			ack: device.input(z.object({ cursor })).mutation(({ input }) => {
				const box = store.mailbox(input.deviceId);
				box.acked = Math.max(box.acked, input.cursor.seq);
			})
		}),
		signals: t.router({
			send: t.procedure.input(signalSend).mutation(async ({ ctx, input }) => {
				store.sends[ctx.way] += 1;
				const box = store.mailboxes.get(input.toDeviceId) ?? refuse('signal/not-in-call', { wanted: 1 });
				input.signals.forEach((envelope, i) => {
					const n = input.firstN + i;
					const lastN = box.lastN.get(input.deviceId) ?? 0;
					if (n <= lastN) return;
					if (n > lastN + 1) refuse('signal/gap', { wanted: lastN + 1 });
					box.lastN.set(input.deviceId, n);
					const { callId, deviceId: fromDeviceId } = input;
					box.rows.push({ epoch: 1, seq: box.rows.length + 1, callId, fromDeviceId, envelope });
				});
				store.wake();
				if (ctx.way === 'socket' && store.muteSocketSends) await new Promise(() => {});
				return { outcomes: [] };
			})
		})
	});
}

async function serve(store: Store, port = 0) {
	const router = toyRouter(store);
	const http = createHTTPServer({
		router,
		basePath: '/trpc/',
		createContext: () => ({ way: 'http' as const })
	});
	const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
	applyWSSHandler({ wss: sockets, router, createContext: () => ({ way: 'socket' as const }) });
	http.on('upgrade', (request, socket, head) => {
		if (store.refuseUpgrades) return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
		sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
	});
	await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
	return {
		origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
		sockets,
		async stop() {
			drop(sockets);
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
		}
	};
}

function drop(sockets: WebSocketServer) {
	for (const client of sockets.clients) client.terminate();
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(store = new Store()) {
	let server = await serve(store);
	cleanups.push(() => server.stop());
	return {
		store,
		sockets: () => server.sockets,
		stop: () => server.stop(),
		async startAgain() {
			server = await serve(store, Number(new URL(server.origin).port));
		},
		join(options: LinkOptions = {}) {
			const link = createLink({
				origin: server.origin,
				WebSocket: NodeWebSocket as unknown as typeof WebSocket,
				random: () => 0.3,
				...options
			});
			const news: LinkNews[] = [];
			link.listen((one) => news.push(one));
			link.start();
			cleanups.push(() => link.stop());
			return { link, news };
		}
	};
}

const CALL_ID = randomUUID();
const body = (i: number) => String(i).padStart(4, '0');
const until = (check: () => void) => vi.waitFor(check, { timeout: 8_000, interval: 5 });
const toStandOn = (rung: string, ...links: { link: Link }[]) =>
	until(() => expect(links.map(({ link }) => link.status.rung)).toEqual(links.map(() => rung)));

function send(from: { link: Link }, to: { link: Link }, i: number) {
	from.link.sendSignal(CALL_ID, to.link.deviceId!, {
		v: 1,
		kind: 'candidates',
		callVersion: 1,
		body: body(i)
	});
}
const received = (at: { news: LinkNews[] }) =>
	at.news.flatMap((one) => (one.type === 'signal' ? [one.signal.envelope.body] : []));
const bodies = (count: number) => Array.from({ length: count }, (_, i) => body(i));

test('WebSocket refused -> polling carries everything, says why, and climbs when the way is free', async () => {
	const store = new Store();
	store.refuseUpgrades = true;
	const world = await setUp(store);
	const a = world.join();
	const b = world.join();
	await toStandOn('poll', a, b);
	for (let i = 0; i < 60; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toEqual(bodies(60)));
	expect(store.sends.socket).toBe(0);
	await until(() => expect(b.link.status.why).toBe('WebSocket is blocked; polling instead.'));
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
	await until(() => expect(b.link.status.why).toBe('The WebSocket keeps breaking; polling for a while.'));
});

test('the stream resumes after its last event: nothing comes twice', async () => {
	const world = await setUp();
	const a = world.join();
	const b = world.join();
	await toStandOn('websocket', a, b);
	for (let i = 0; i < 10; i += 1) send(a, b, i);
	await until(() => expect(received(b)).toHaveLength(10));
	drop(world.sockets());
	await until(() => expect(b.link.status.rung).toBe('poll'));
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
	await toStandOn('poll', b);
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
