import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../fixtures/server';
import { outside, TestSocket, type Outside } from './doors-fixture';

/** What hostile frames do to who sends honest ones, beside as many honest ones. */
const PER_SECOND = 2_000;
const SOCKETS = 40;
const ROUNDS = 7;
const SAMPLES = 400;
const TICK_MS = 20;

let server: TestServer;
let from: Outside;
beforeAll(async () => {
	server = await startServer();
	from = outside(server);
}, 60_000);
afterAll(() => server?.stop());

const HONEST = (n: number) => JSON.stringify({ id: n, method: 'query', params: { path: 'auth.me' } });
const HOSTILE: ((n: number) => string)[] = [
	() => 'not json at all',
	() => '{"id":',
	() => '[1,2,3]',
	() => '[]',
	() => '{"id":{"__proto__":null},"method":"query","params":{}}',
	(n) => JSON.stringify({ id: n, method: 'query', params: { path: '__proto__.constructor' } }),
	(n) =>
		JSON.stringify({ id: n, method: 'mutation', params: { path: 'signals.send', input: { signals: [[]] } } }),
	(n) =>
		JSON.stringify({
			id: n,
			method: 'subscription',
			params: { path: 'inbox.stream', input: { deviceId: 1 } }
		}),
	(n) =>
		JSON.stringify({ id: n, method: 'query', params: { path: 'rooms.detail', input: { roomId: '\0' } } }),
	(n) =>
		JSON.stringify({
			id: 'x'.repeat(5_000),
			method: 'query',
			params: { path: `a${n}`, input: '['.repeat(5_000) }
		}),
	(n) => JSON.stringify({ id: n, method: 'subscription.stop' }),
	() => '['.repeat(10_000)
];

/**
 * Sends so many frames a second over many sockets, until told to stop. One that is closed for it is opened again.
 *
 * @returns stops, and says how many frames a second it sent
 */
async function press(frame: (n: number) => string): Promise<() => number> {
	let on = true;
	const sockets: TestSocket[] = [];
	async function open(place: number, headers: Record<string, string>): Promise<void> {
		const socket = (sockets[place] = from.socket(headers));
		void socket.ended.then(() => (on ? open(place, headers) : undefined));
		await socket.opened.catch(() => {});
	}
	await Promise.all(
		Array.from({ length: SOCKETS }, async (_, place) => open(place, (await from.login()).headers))
	);
	let sent = 0;
	const begun = performance.now();
	const timer = setInterval(() => {
		const due = ((performance.now() - begun) / 1_000) * PER_SECOND;
		const open = sockets.filter(({ readyState }) => readyState === TestSocket.OPEN);
		for (; sent < due && open.length > 0; sent += 1) open[sent % open.length]?.send(frame(sent));
		for (const socket of sockets) socket.heard.length = 0;
	}, TICK_MS);
	return () => {
		on = false;
		clearInterval(timer);
		for (const socket of sockets) socket.terminate();
		return sent / ((performance.now() - begun) / 1_000);
	};
}

/** @returns the 99th percentile of signals sent by one device to another, in milliseconds */
async function p99(): Promise<number> {
	// A call of their own: nobody renews its leases.
	const call = await from.callOfTwo();
	const [sender, reader] = [from.socket(call.caller.headers), from.socket(call.callee.headers)];
	await Promise.all([sender.opened, reader.opened]);
	reader.follow(1, call.to);
	await expect.poll(() => reader.heard.some(({ result }) => result?.type === 'data')).toBe(true);
	const took: number[] = [];
	for (let n = 1; n <= SAMPLES; n += 1) {
		const begun = performance.now();
		const arrived = new Promise<void>((resolve) => {
			const look = (data: unknown) => {
				if (!(data as Buffer).includes(`"seq":${n},`)) return;
				reader.off('message', look);
				resolve();
			};
			reader.on('message', look);
		});
		const signals = [{ v: 1, kind: 'candidates', callVersion: 1, body: 'A'.repeat(2_000) }];
		sender.ask(
			n,
			'signals.send',
			{ callId: call.callId, deviceId: call.from, toDeviceId: call.to, firstN: n, signals },
			'mutation'
		);
		await arrived;
		took.push(performance.now() - begun);
		// Slower than the limit for one socket.
		await new Promise((resolve) => setTimeout(resolve, 12));
	}
	sender.terminate();
	reader.terminate();
	return took.sort((a, b) => a - b)[Math.floor(SAMPLES * 0.99)] ?? 0;
}

test.runIf(process.env.LONG)(
	`${PER_SECOND} hostile frames a second cost honest ones at most twice the p99 beside as many valid ones`,
	{ timeout: 300_000 },
	async () => {
		const round = async (frame: (at: number) => string) => {
			const stop = await press(frame);
			const ms = await p99();
			expect(stop()).toBeGreaterThan(0.95 * PER_SECOND);
			return ms;
		};
		const hostile = (at: number) => (HOSTILE[at % HOSTILE.length] ?? HONEST)(at);
		await round(HONEST);
		const ratios: number[] = [];
		for (let turn = 0; turn < ROUNDS; turn += 1) {
			const [valid, bad] = [await round(HONEST), await round(hostile)];
			console.log(`p99 beside valid frames ${valid.toFixed(1)} ms, beside hostile ones ${bad.toFixed(1)} ms`);
			ratios.push(bad / valid);
		}
		const median = ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
		expect(median).toBeLessThanOrEqual(2);
		expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
	}
);
