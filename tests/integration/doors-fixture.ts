import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { apiTokens, sessions, users } from '../../src/lib/server/db/schema';
import type { TestServer } from '../fixtures/server';

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

export type Login = { userId: string; sessionId: string; headers: { cookie: string } };
type Message = {
	id: unknown;
	result?: { type: string; id?: string; data?: unknown };
	error?: { data: Failure };
};
export type Failure = { key: string; httpStatus: number; details: { retryAfterMs?: number } };

/** A server from the outside: people made behind its back, requests and sockets as they come from the network. */
export function outside(server: TestServer) {
	const { db } = server.database;

	async function addSession(userId: string, livesMs = 3_600_000): Promise<Login> {
		const secret = randomBytes(32).toString('base64url');
		const sessionId = hashOf(secret);
		await db.insert(sessions).values({ id: sessionId, userId, expiresAt: new Date(Date.now() + livesMs) });
		return { userId, sessionId, headers: { cookie: `parley_session=${secret}` } };
	}

	async function addUser(): Promise<string> {
		const username = `user-${randomUUID()}`.slice(0, 32);
		const [row] = await db
			.insert(users)
			.values({ username, displayName: 'Somebody', passwordHash: 'none' })
			.returning({ id: users.id });
		if (!row) throw new Error('insert returned no row');
		return row.id;
	}

	const headersOf = (headers: Record<string, string>) => ({
		...(headers['authorization'] ? {} : { origin: server.url }),
		...headers
	});

	async function ask<T>(path: string, input: unknown, headers: Record<string, string>): Promise<T> {
		const response = await fetch(`${server.url}/trpc/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headersOf(headers) },
			body: JSON.stringify(input)
		});
		const { result, error } = (await response.json()) as { result: { data: T }; error?: object };
		if (error) throw new Error(`${path}: ${JSON.stringify(error)}`);
		return result.data;
	}

	return {
		addSession,
		addUser,
		/** Somebody new with a session. */
		login: async (): Promise<Login> => addSession(await addUser()),

		async addToken(userId: string): Promise<{ id: string; headers: { authorization: string } }> {
			const secret = `parley_${randomBytes(32).toString('base64url')}`;
			const [row] = await db
				.insert(apiTokens)
				.values({ userId, name: 'one', tokenHash: hashOf(secret) })
				.returning({ id: apiTokens.id });
			if (!row) throw new Error('insert returned no row');
			return { id: row.id, headers: { authorization: `Bearer ${secret}` } };
		},

		ask,

		/** A query, as tRPC's own client sends it. */
		get: (path: string, input: unknown, headers: Record<string, string>, signal?: AbortSignal) =>
			fetch(`${server.url}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, {
				headers: headersOf(headers),
				...(signal ? { signal } : {})
			}),

		openDevice: (headers: Record<string, string>) =>
			ask<{ deviceId: string; cursor: { epoch: number; seq: number } }>('inbox.open', undefined, headers),

		/** A live call of two devices; signals may go from the first to the second. */
		async callOfTwo(): Promise<{ caller: Login; callee: Login; callId: string; from: string; to: string }> {
			const [caller, callee] = [await addSession(await addUser()), await addSession(await addUser())];
			const { id: roomId } = await ask<{ id: string }>('rooms.create', { name: 'A room' }, caller.headers);
			const { code } = await ask<{ code: string }>('rooms.inviteCode', { roomId }, caller.headers);
			await ask('rooms.join', { code }, callee.headers);
			const { deviceId: from } = await ask<{ deviceId: string }>('inbox.open', undefined, caller.headers);
			const { deviceId: to } = await ask<{ deviceId: string }>('inbox.open', undefined, callee.headers);
			const media = { microphoneEnabled: true, cameraEnabled: false };
			const start = { roomId, deviceId: from, kind: 'audio', ...media };
			const { id: callId } = await ask<{ id: string }>('calls.start', start, caller.headers);
			await ask('calls.accept', { callId, deviceId: to, ...media }, callee.headers);
			return { caller, callee, callId, from, to };
		},

		socket(headers: Record<string, string>, options: ClientOptions = {}): TestSocket {
			return new TestSocket(`${server.url.replace('http', 'ws')}/trpc`, {
				headers: headersOf(headers),
				...options
			});
		},

		/** A TCP connection on which the test speaks itself. */
		connection(): Socket {
			const { port, hostname } = new URL(server.url);
			return connect(Number(port), hostname).on('error', () => {});
		},

		upgradeRequest(headers: Record<string, string>): string {
			const lines = Object.entries({ host: new URL(server.url).host, ...headersOf(headers) });
			return (
				`GET /trpc HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}` +
				'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
				'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
			);
		}
	};
}

export type Outside = ReturnType<typeof outside>;

/** A socket that answers pings and remembers what it was told. */
export class TestSocket extends WebSocket {
	readonly heard: Message[] = [];
	readonly opened: Promise<void>;
	/** Its close code; or the status and body that refused the upgrade. */
	readonly ended: Promise<number | { status: number; headers: Record<string, unknown>; body: string }>;

	constructor(url: string, options: ClientOptions) {
		super(url, options);
		this.opened = new Promise((resolve, reject) => {
			this.once('open', resolve);
			this.once('error', reject);
		});
		this.opened.catch(() => {});
		this.ended = new Promise((resolve) => {
			this.once('unexpected-response', (_request, response) => {
				let body = '';
				response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
				response.once('end', () => {
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
					this.terminate();
				});
			});
			this.once('close', (code) => resolve(code));
		});
		this.on('error', () => {});
		this.on('message', (data) => {
			const text = (data as Buffer).toString();
			if (text === 'PING') this.send('PONG');
			else if (text !== 'PONG') this.heard.push(JSON.parse(text) as Message);
		});
	}

	ask(id: number | string, path: string, input?: unknown, method = 'query'): void {
		this.send(JSON.stringify({ id, method, params: { path, ...(input === undefined ? {} : { input }) } }));
	}

	follow(id: number, deviceId: string, lastEventId?: string): void {
		this.ask(id, 'inbox.stream', { deviceId, ...(lastEventId ? { lastEventId } : {}) }, 'subscription');
	}

	failureOf(id: unknown): Failure | undefined {
		return this.heard.find((message) => message.id === id && message.error)?.error?.data;
	}
}
