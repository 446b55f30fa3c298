import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TRPCError } from '@trpc/server';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { createWSSGlobalInstance, onHttpServerUpgrade } from 'trpc-sveltekit/websocket';
import type { WebSocket, WebSocketServer } from 'ws';
import { ParleyError, type ErrorDetails, type ErrorKey } from '../../call/core/errors';
import type { Identity } from '../auth/accounts';
import type { Context } from './context';
import { hasCredentials, readCredentials } from './credentials';
import { failureShape, retryAfter } from './failure-response';
import { HAND_OVER_MS, MAX_PAYLOAD_BYTES, type Limits } from './limits';
import type { Openings } from './openings';
import type { Credentials, RequestFacts } from './parley';
import { appRouter } from './router';
import { clockMs, SocketLife } from './socket-life';
import { SocketTraffic } from './socket-traffic';

const SOCKET_PATH = '/trpc';
const SWEEP_INTERVAL_MS = 500;
/** Of one message, and of what came before somebody looked: more than any honest client makes. */
const MAX_FRAGMENTS = 256;
const MAX_BUFFERED_CHUNKS = 4_096;
const CLOSE_TIMEOUT_MS = 2_000;
const DRAIN_RETRY_MS = 1_000;
const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' });

type SocketDeps = {
	/** False refuses every upgrade, as some proxies do: everybody polls. */
	enabled: boolean;
	/** The only page origin that may open a socket with a cookie. */
	origin: string;
	limits: Limits;
	openings: Openings;
	authenticate: (credentials: Credentials) => Promise<{ identity: Identity } | null>;
	contextOf: (facts: RequestFacts) => Context;
	onError: (failure: { error: TRPCError; path?: string | undefined }) => void;
	log: { debug: (facts: object, text: string) => void; warn: (facts: object, text: string) => void };
};

/** `ws` found that what came is no WebSocket frame. */
function isProtocolError(cause: unknown): boolean {
	return cause instanceof Error && 'code' in cause && String(cause.code).startsWith('WS_ERR_');
}

/** What a socket is let in with. */
type Admission = RequestFacts & { life: (life: SocketLife) => void; raw: Socket };

/** The API's WebSocket: trpc-sveltekit's shared server, with the doors and limits that it leaves to us. */
export function createSocketServer(deps: SocketDeps) {
	// Its declared type names the module where it means the class.
	const server = createWSSGlobalInstance() as unknown as WebSocketServer;
	// It is made with a 100 MiB payload limit.
	Object.assign(server.options, {
		maxPayload: MAX_PAYLOAD_BYTES,
		perMessageDeflate: false,
		maxFragments: MAX_FRAGMENTS,
		maxBufferedChunks: MAX_BUFFERED_CHUNKS,
		closeTimeout: CLOSE_TIMEOUT_MS
	});
	const admissions = new WeakMap<IncomingMessage, Admission>();
	const lives = new Set<SocketLife>();
	const sweep = setInterval(() => {
		const now = clockMs();
		for (const life of lives) life.sweep(now);
	}, SWEEP_INTERVAL_MS).unref();

	/** A frame that is none closes its socket, and the listener below has noted it. */
	function onError(failure: Parameters<SocketDeps['onError']>[0]): void {
		if (!isProtocolError(failure.error.cause)) deps.onError(failure);
	}
	const onSocketError = (error: Error) => deps.log.debug({ error: error.message }, 'socket failed');

	function serve(socket: WebSocket, { life: welcome, raw, ...facts }: Admission): void {
		const life = new SocketLife(socket, raw, {
			anonymous: facts.identity === null,
			now: clockMs()
		});
		lives.add(life);
		welcome(life);
		const traffic = new SocketTraffic(deps.limits, life, clockMs());
		const note = () => traffic.noteMessage(clockMs());
		for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, note);
		socket.on('close', () => lives.delete(life));
		const context: Context = deps.contextOf({ ...facts, mayWrite: life.mayWrite });
		const connect = getWSConnectionHandler({
			wss: server,
			router: appRouter,
			createContext: () => context,
			onError,
			experimental_encoder: traffic
		});
		// It keeps the request for as long as the socket stands, and needs nothing of it.
		connect(socket, { url: SOCKET_PATH, headers: {}, socket: raw } as unknown as IncomingMessage);
	}

	server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
		// Before anything else: without a listener one malformed frame ends the process.
		socket.on('error', onSocketError);
		const admission = admissions.get(request);
		if (admission) serve(socket, admission);
		else socket.terminate();
	});

	/** Says why, in the API's own words. */
	function refuse(raw: Duplex, status: string, key: ErrorKey, details: ErrorDetails = {}): void {
		const body = JSON.stringify({ error: failureShape(key, details) });
		const headers = Object.entries(retryAfter(details)).map(([name, value]) => `${name}: ${value}\r\n`);
		// No timer of the HTTP server looks after it any more: it must not stay half open.
		raw.once('finish', () => raw.destroy());
		raw.end(
			`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
				`content-length: ${Buffer.byteLength(body)}\r\n${headers.join('')}\r\n${body}`
		);
	}

	/** What can be said without asking who it is. @returns whether it was refused */
	function refuseAtOnce(request: IncomingMessage, raw: Duplex): boolean {
		// Not through `URL`: it throws for what a client may well send.
		const [pathname, query] = (request.url ?? '').split('?', 2);
		const { origin, cookie } = request.headers;
		if (pathname !== SOCKET_PATH) refuse(raw, '404 Not Found', 'input/invalid');
		// tRPC would wait for a first message that says who it is; here headers do.
		else if (query?.includes('connectionParams')) refuse(raw, '400 Bad Request', 'input/invalid');
		else if (!deps.enabled) refuse(raw, '403 Forbidden', 'inbox/rung-not-offered');
		else if (deps.openings.isDraining) refuseForNow(raw);
		else if (origin !== undefined && origin !== deps.origin) {
			// Browsers always say where a page came from; a program with a token says nothing.
			deps.log.warn({ origin }, 'socket from a foreign origin refused');
			refuse(raw, '403 Forbidden', 'request/foreign-origin');
		} else if (origin === undefined && cookie !== undefined) {
			refuse(raw, '403 Forbidden', 'request/foreign-origin');
		} else return false;
		return true;
	}

	const refuseForNow = (raw: Duplex) =>
		refuse(raw, '503 Service Unavailable', 'server/unavailable', { retryAfterMs: DRAIN_RETRY_MS });

	async function admit(request: IncomingMessage, raw: Socket, head: Buffer): Promise<void> {
		const credentials = readCredentials(request.headers);
		const ip = request.socket.remoteAddress ?? '';
		let known: { identity: Identity } | null;
		try {
			known = await deps.authenticate(credentials);
		} catch {
			return refuseForNow(raw); // the database is out of reach
		}
		if (raw.destroyed) return;
		if (deps.openings.isDraining) return refuseForNow(raw);

		const identity = known?.identity ?? null;
		let life: SocketLife | null = null;
		let handOver: NodeJS.Timeout | undefined;
		try {
			const close = deps.openings.open({
				kind: 'socket',
				identity,
				ip,
				leave() {
					if (!life?.isOpen) return raw.destroy();
					life.send(RECONNECT);
					handOver = setTimeout(() => life?.close('restarting'), HAND_OVER_MS);
				},
				end: () => (life ? life.close('sessionOver') : raw.destroy())
			});
			raw.on('close', () => {
				clearTimeout(handOver);
				close();
			});
		} catch (error) {
			if (!(error instanceof ParleyError)) throw error;
			return refuse(raw, '429 Too Many Requests', error.key, error.details);
		}
		const facts = { identity, hasCredentials: hasCredentials(credentials), ip, cookie: null };
		admissions.set(request, { ...facts, raw, life: (made) => (life = made) });
		onHttpServerUpgrade(request, raw, head);
	}

	return {
		handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
			socket.on('error', () => {}); // a connection that breaks off is nobody's error
			if (refuseAtOnce(request, socket)) return;
			// Of the HTTP server, so a TCP socket.
			void admit(request, socket as Socket, head).catch((error: unknown) => {
				deps.log.warn({ error }, 'socket not admitted');
				socket.destroy();
			});
		},

		async close(): Promise<void> {
			clearInterval(sweep);
			for (const client of server.clients) client.terminate();
			server.removeAllListeners();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		}
	};
}
