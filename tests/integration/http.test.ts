import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type TestServer } from '../fixtures/server';

/** The built product over real HTTP and real sockets: what stands between the API and the outside. */
let server: TestServer;
beforeAll(async () => {
	server = await startServer({ STUN_URLS: 'none' });
}, 60_000);
afterAll(() => server.stop());

type Failure = { error: { message: string; data: { key: string; code: string; details?: object } } };

let people = 0;
/** @returns the session's cookie of somebody new */
async function register(): Promise<string> {
	people += 1;
	const response = await post('auth.register', {
		username: `someone-${people}`,
		displayName: 'Someone',
		password: 'a long enough secret'
	});
	expect(response.status).toBe(200);
	const cookie = response.headers.get('set-cookie') ?? '';
	expect(cookie).toMatch(/^parley_session=/);
	expect(cookie).toMatch(/HttpOnly/i);
	expect(cookie).toMatch(/SameSite=Lax/i);
	return cookie.split(';')[0] ?? '';
}

function post(path: string, input: unknown, headers: Record<string, string> = {}): Promise<Response> {
	return fetch(`${server.url}/trpc/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: server.url, ...headers },
		body: typeof input === 'string' ? input : JSON.stringify(input)
	});
}

const get = (path: string, headers: Record<string, string> = {}) =>
	fetch(`${server.url}/trpc/${path}`, { headers });

async function failureOf(response: Response): Promise<[status: number, key: string]> {
	const { error } = (await response.json()) as Failure;
	return [response.status, error.data.key];
}

describe('every failure has its own key and status', () => {
	test('nobody signed in', async () => {
		expect(await failureOf(await get('rooms.list'))).toEqual([401, 'auth/required']);
	});

	test('a session that has expired, and a token that is none', async () => {
		const cookie = await register();
		// Before it is used: who is known to the server is remembered for some seconds.
		await server.database.sql`update sessions set expires_at = now() - interval '1 second'`;
		expect(await failureOf(await get('rooms.list', { cookie }))).toEqual([401, 'auth/session-expired']);
		const others: Record<string, string>[] = [
			{ cookie: 'parley_session=nonsense' },
			{ authorization: 'Bearer parley_nonsense' }
		];
		for (const headers of others) {
			expect(await failureOf(await get('rooms.list', headers))).toEqual([401, 'auth/session-expired']);
		}
	});

	test('wrong password and unknown user look the same', async () => {
		await register();
		for (const username of [`someone-${people}`, 'nobody-at-all']) {
			const response = await post('auth.signIn', { username, password: 'not the password' });
			expect(await failureOf(response)).toEqual([401, 'auth/wrong-credentials']);
		}
	});

	test('over-long, malformed, and no JSON at all', async () => {
		const cookie = await register();
		for (const input of [{ name: 'x'.repeat(10_000) }, { name: 7 }, {}, '{"name":', 'null']) {
			expect(await failureOf(await post('rooms.create', input, { cookie }))).toEqual([400, 'input/invalid']);
		}
	});

	test('a room that is somebody else’s looks like no room', async () => {
		const [mine, other] = [await register(), await register()];
		const created = await post('rooms.create', { name: 'Mine' }, { cookie: mine });
		const { result } = (await created.json()) as { result: { data: { id: string } } };
		for (const roomId of [result.data.id, crypto.randomUUID()]) {
			const input = encodeURIComponent(JSON.stringify({ roomId }));
			const response = await get(`rooms.detail?input=${input}`, { cookie: other });
			expect(await failureOf(response)).toEqual([404, 'room/not-found']);
		}
	});

	test('no message of ours holds SQL, a path or what was sent', async () => {
		const cookie = await register();
		const response = await post('rooms.create', { name: 'secret-word'.repeat(100) }, { cookie });
		expect(await response.text()).not.toMatch(/secret-word|select |insert |\/src\/|node_modules/);
	});
});

describe('other sites', () => {
	test('a change from a foreign page, or from nowhere, is refused although the cookie is right', async () => {
		const cookie = await register();
		const foreign = await post('rooms.create', { name: 'A' }, { cookie, origin: 'https://evil.example' });
		expect(await failureOf(foreign)).toEqual([403, 'request/foreign-origin']);
		const nowhere = await fetch(`${server.url}/trpc/rooms.create`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', cookie },
			body: JSON.stringify({ name: 'A' })
		});
		expect(await failureOf(nowhere)).toEqual([403, 'request/foreign-origin']);
	});

	test('pages carry the headers that keep them to themselves', async () => {
		const response = await fetch(`${server.url}/login`);
		expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self' 'nonce-/);
		expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe-inline/);
		expect(response.headers.get('x-content-type-options')).toBe('nosniff');
		expect(response.headers.get('x-frame-options')).toBe('DENY');
	});
});

describe('sockets', () => {
	const socketUrl = (path: string) => server.url.replace('http', 'ws') + path;

	/** The status that refused the upgrade, or 101. */
	function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
		return new Promise((resolve, reject) => {
			const socket = new WebSocket(socketUrl(path), { headers });
			socket.on('open', () => {
				resolve(101);
				socket.close();
			});
			socket.on('unexpected-response', (_request, response) => {
				resolve(response.statusCode ?? 0);
				socket.terminate();
			});
			socket.on('error', reject);
		});
	}

	test('only /trpc, and only from our own pages', async () => {
		const cookie = await register();
		expect(await statusOf('/trpc', { cookie, origin: server.url })).toBe(101);
		expect(await statusOf('/other', { cookie, origin: server.url })).toBe(404);
		expect(await statusOf('/trpc', { cookie, origin: 'https://evil.example' })).toBe(403);
		expect(await statusOf('/trpc', { cookie })).toBe(403);
	});

	test('a malformed frame, a huge frame and a foreign path end no process', async () => {
		for (const frame of ['not json', '{"id":1}', '[]', 'x'.repeat(100_000)]) {
			const socket = new WebSocket(socketUrl('/trpc'), { headers: { origin: server.url } });
			await new Promise((resolve) => socket.on('open', resolve));
			const closed = new Promise((resolve) => socket.on('close', resolve));
			socket.on('error', () => {});
			socket.send(frame);
			// A reserved opcode: no client library would send it.
			(socket as unknown as { _socket: { write(data: Buffer): void } })._socket.write(
				Buffer.from([0x8b, 0x00])
			);
			await closed;
		}
		expect((await fetch(`${server.url}/login`)).status).toBe(200);
	});

	test('a session that ends closes its sockets', async () => {
		const cookie = await register();
		const socket = new WebSocket(socketUrl('/trpc'), { headers: { cookie, origin: server.url } });
		await new Promise((resolve) => socket.on('open', resolve));
		// The context is made with the first message, or at once: wait until it answers.
		const answered = new Promise((resolve) => socket.once('message', resolve));
		socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'auth.me' } }));
		await answered;
		const closed = new Promise<number>((resolve) => socket.on('close', resolve));
		expect((await post('auth.signOut', undefined as never, { cookie })).status).toBe(200);
		expect(await closed).toBe(4401);
		expect(await failureOf(await get('rooms.list', { cookie }))).toEqual([401, 'auth/session-expired']);
	});
});

test('health and readiness answer without a session', async () => {
	expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
	expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

test('without its database the API says that it is unavailable, and the process lives', async () => {
	const cookie = await register();
	await server.database.drop();
	expect(await failureOf(await get('rooms.list', { cookie }))).toEqual([503, 'server/unavailable']);
	expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
	expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
