import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../fixtures/server';
import { outside, type Failure, type Outside } from './doors-fixture';

/** What the doors let in, how much of it, and what they say to the rest. */
let server: TestServer;
let from: Outside;
beforeAll(async () => {
	server = await startServer();
	from = outside(server);
}, 60_000);
afterAll(() => server?.stop());

const answers = async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
const keyIn = (body: string) => (JSON.parse(body) as { error: { data: Failure } }).error.data.key;

/** Sends raw bytes and hears everything until the other side ends it. */
function exchange(bytes: string, keepOpen = false): Promise<string> {
	return new Promise((resolve) => {
		const socket = from.connection();
		let text = '';
		socket.setEncoding('latin1').on('data', (chunk: string) => {
			text += chunk;
			if (!keepOpen && text.includes('\r\n\r\n')) socket.end();
		});
		socket.once('close', () => resolve(text));
		socket.once('connect', () => socket.write(bytes, 'latin1'));
	});
}

describe('upgrades', () => {
	test.each([
		['a path that is none', 'GET // HTTP/1.1', 404],
		['an address that is none', 'GET http://[ HTTP/1.1', 404],
		['another path', 'GET /other HTTP/1.1', 404],
		['another method', 'POST /trpc HTTP/1.1', 405],
		['connection parameters, for which tRPC would wait', 'GET /trpc?connectionParams=1 HTTP/1.1', 400]
	])('%s is refused, and the process lives', async (_title, line, status) => {
		const rest = from.upgradeRequest({}).replace(/^.*\r\n/, '');
		expect(await exchange(`${line}\r\n${rest}`, true)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		await answers();
	});

	test('a handshake without a key is refused, and holds no place', async () => {
		const request = from.upgradeRequest({}).replace(/sec-websocket-key.*\r\n/, '');
		for (let n = 0; n < 80; n += 1) expect(await exchange(request, true)).toMatch(/^HTTP\/1.1 400 /);
		const socket = from.socket({});
		await socket.opened;
		socket.terminate();
	});

	test('a refusal says why, and when to come back', async () => {
		const foreign = await from.socket({ origin: 'https://evil.example' }).ended;
		expect(foreign).toMatchObject({ status: 403 });
		expect(keyIn((foreign as { body: string }).body)).toBe('request/foreign-origin');

		const { headers } = await from.login();
		const sockets = Array.from({ length: 64 }, () => from.socket(headers));
		await Promise.all(sockets.map((socket) => socket.opened));
		const refused = (await from.socket(headers).ended) as { status: number; headers: object; body: string };
		expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
		expect(keyIn(refused.body)).toBe('request/too-many');
		// Somebody else at the same address is not held up.
		const other = from.socket((await from.login()).headers);
		await other.opened;
		// One that goes makes room.
		sockets[0]?.terminate();
		await expect
			.poll(async () => {
				const again = from.socket(headers);
				return again.opened.then(
					() => true,
					() => false
				);
			})
			.toBe(true);
		for (const socket of [...sockets, other]) socket.terminate();
	});

	test('a server without WebSockets says so', async () => {
		const polling = await startServer({ PARLEY_RUNGS: 'long-poll' }, server);
		const refused = await outside({ ...polling, database: server.database }).socket({}).ended;
		expect(keyIn((refused as { body: string }).body)).toBe('inbox/rung-not-offered');
		await polling.stop();
	});
});

describe('sockets', () => {
	test('a burst is answered with a time; a flood ends the socket', async () => {
		const socket = from.socket((await from.login()).headers);
		await socket.opened;
		for (let id = 1; id <= 500; id += 1) socket.ask(id, 'auth.me');
		await expect.poll(() => socket.failureOf(500)).toBeDefined();
		const refused = [...Array(500).keys()]
			.map((n) => socket.failureOf(n + 1))
			.filter((f) => f?.key === 'request/too-many');
		expect(refused.length).toBeGreaterThan(20);
		expect(refused[0]).toMatchObject({ httpStatus: 429 });
		expect(refused.at(-1)?.details.retryAfterMs).toBeGreaterThan(100);
		for (let id = 501; id <= 1_500; id += 1) socket.ask(id, 'auth.me');
		expect(await socket.ended).toBe(4429);
	});

	test('pongs that nobody asked for count as messages', async () => {
		const socket = from.socket((await from.login()).headers);
		await socket.opened;
		for (let n = 0; n < 2_000; n += 1) socket.pong();
		expect(await socket.ended).toBe(4429);
	});

	test('what is malformed counts tenfold', async () => {
		const socket = from.socket((await from.login()).headers);
		await socket.opened;
		for (let id = 1; id <= 90; id += 1) socket.send('{');
		expect(await socket.ended).toBe(4429);
		const other = from.socket((await from.login()).headers);
		await other.opened;
		for (let id = 1; id <= 50; id += 1) other.ask(id, 'no.such');
		await expect.poll(() => other.heard.length).toBe(50);
		other.ask(51, 'auth.me');
		await expect.poll(() => other.failureOf(51)?.key).toBe('request/too-many');
	});

	test('so do the messages in one frame, and more than 32 are none', async () => {
		const socket = from.socket((await from.login()).headers);
		await socket.opened;
		const frame = (count: number) =>
			JSON.stringify(
				Array.from({ length: count }, (_, n) => ({ id: n, method: 'query', params: { path: 'auth.me' } }))
			);
		socket.send(frame(33));
		await expect
			.poll(() => socket.heard.at(-1))
			.toMatchObject({ id: null, error: { data: { key: 'input/invalid' } } });
		for (let n = 0; n < 60; n += 1) socket.send(frame(32));
		expect(await socket.ended).toBe(4429);
	});

	test('an id that is long, or in use, is refused; a malformed message beside a good one answers neither', async () => {
		const login = await from.login();
		const { deviceId } = await from.openDevice(login.headers);
		const socket = from.socket(login.headers);
		await socket.opened;
		socket.ask('x'.repeat(65), 'auth.me');
		await expect.poll(() => socket.failureOf('x'.repeat(64))).toMatchObject({ key: 'input/invalid' });
		socket.follow(1, deviceId);
		await expect.poll(() => socket.heard.some(({ result }) => result?.type === 'data')).toBe(true);
		socket.ask(1, 'auth.me');
		await expect.poll(() => socket.failureOf(1)).toMatchObject({ key: 'input/invalid' });
		socket.send(`[{"id":2,"method":"query","params":{"path":"auth.me"}},{"id":3}]`);
		await expect.poll(() => socket.failureOf(null)).toMatchObject({ key: 'input/invalid' });
		// What was not asked holds no place: the id is free.
		socket.ask(2, 'auth.me');
		await expect.poll(() => socket.heard.find(({ id }) => id === 2)?.result).toBeDefined();
		socket.terminate();
	});

	test('four subscriptions and no fifth, until one has ended', async () => {
		const login = await from.login();
		const { deviceId } = await from.openDevice(login.headers);
		const socket = from.socket(login.headers);
		await socket.opened;
		for (let id = 1; id <= 5; id += 1) socket.follow(id, deviceId);
		await expect.poll(() => socket.failureOf(5)).toMatchObject({ key: 'request/too-many', httpStatus: 429 });
		socket.send(JSON.stringify({ id: 1, method: 'subscription.stop' }));
		await expect
			.poll(() => socket.heard.some(({ id, result }) => id === 1 && result?.type === 'stopped'))
			.toBe(true);
		socket.follow(6, deviceId);
		await expect
			.poll(() => socket.heard.some(({ id, result }) => id === 6 && result?.type === 'data'))
			.toBe(true);
		socket.terminate();
	});
});

describe('HTTP', () => {
	test.each([
		['a body that says its length', { body: 'x'.repeat(70_000) }],
		['a body that does not', { duplex: 'half', body: new Blob(['x'.repeat(200_000)]).stream() }]
	])('%s and is too large: 413 with a key', async (_title, init) => {
		const response = await fetch(`${server.url}/trpc/auth.signIn`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', origin: server.url },
			...(init as RequestInit)
		});
		expect([response.status, keyIn(await response.text())]).toEqual([413, 'request/too-large']);
	});

	test('so is a URL: 414', async () => {
		const response = await fetch(`${server.url}/trpc/auth.me?input=${'x'.repeat(9_000)}`);
		expect([response.status, keyIn(await response.text())]).toEqual([414, 'request/too-large']);
	});

	test('too many requests of one session answer 429 with a time; nobody else is held up', async () => {
		const [busy, other] = [await from.login(), await from.login()];
		let refused: Response | undefined;
		for (let n = 0; n < 800 && !refused; n += 20) {
			const lot = await Promise.all(
				Array.from({ length: 20 }, () => from.get('auth.me', null, busy.headers))
			);
			refused = lot.find(({ status }) => status === 429);
		}
		expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
		expect(keyIn((await refused?.text()) ?? '{}')).toBe('request/too-many');
		expect((await from.get('auth.me', null, other.headers)).status).toBe(200);
	});

	test('waiting polls of one session are counted, and given back', async () => {
		const login = await from.login();
		const { deviceId, cursor } = await from.openDevice(login.headers);
		const first = await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, login.headers);
		const { result } = (await first.json()) as { result: { data: { stateTag: string } } };
		const abort = new AbortController();
		const poll = (waitMs: number) =>
			from.get(
				'inbox.poll',
				{ deviceId, cursor, waitMs, stateTag: result.data.stateTag },
				login.headers,
				abort.signal
			);
		const waiting = Array.from({ length: 64 }, () => poll(20_000).catch(() => null));
		await expect.poll(async () => (await poll(0)).status).toBe(429);
		abort.abort();
		await Promise.all(waiting);
		await expect
			.poll(async () => (await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, login.headers)).status)
			.toBe(200);
	});
});

describe.concurrent('who does nothing', () => {
	test('one that asks for nothing is closed, and one of nobody too', async () => {
		const silent = from.socket((await from.login()).headers);
		const nobody = from.socket({});
		await nobody.opened;
		nobody.ask(1, 'auth.me');
		expect(await Promise.all([silent.ended, nobody.ended])).toEqual([4408, 4401]);
	}, 20_000);

	test('who sends headers bit by bit is cut off; a poll may wait longer than that', async () => {
		const login = await from.login();
		const { deviceId, cursor } = await from.openDevice(login.headers);
		const first = await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, login.headers);
		const { result } = (await first.json()) as { result: { data: { stateTag: string } } };
		const { stateTag } = result.data;
		const poll = from.get('inbox.poll', { deviceId, cursor, stateTag, waitMs: 13_000 }, login.headers);
		const slow = await exchange('GET / HTTP/1.1\r\nx-a: b\r\n', true);
		expect(slow).toMatch(/^HTTP\/1.1 408 /);
		expect((await poll).status).toBe(200);
	}, 20_000);
});
