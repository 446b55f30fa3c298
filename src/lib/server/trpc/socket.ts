import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TRPCError } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { createWSSGlobalInstance, onHttpServerUpgrade } from 'trpc-sveltekit/websocket';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Context } from './context';
import { appRouter } from './router';

const SOCKET_PATH = '/trpc';
/** 32 KiB of bodies are 43 KiB of base64; the rest is JSON around it. */
const MAX_PAYLOAD_BYTES = 64 * 1024;
const PING_INTERVAL_MS = 5_000;
const PONG_TIMEOUT_MS = 3_000;

type SocketDeps = {
	/** False refuses every upgrade, as some proxies do: everybody polls. */
	enabled: boolean;
	/** The only page origin that may open a socket with a cookie. */
	origin: string;
	createContext: (request: IncomingMessage) => Promise<Context>;
	/** Calls `end` when the identity behind the socket is over. @returns a function that stops watching */
	onIdentityOver: (identityId: string, end: () => void) => () => void;
	onError: (failure: { error: TRPCError; path?: string | undefined }) => void;
	log: { debug: (facts: object, text: string) => void; warn: (facts: object, text: string) => void };
};

/** The API's WebSocket: trpc-sveltekit's shared server, with the doors and limits that it leaves to us. */
export function createSocketServer(deps: SocketDeps) {
	// Its declared type names the module where it means the class.
	const server = createWSSGlobalInstance() as unknown as WebSocketServer;
	// It is made with a 100 MiB payload limit.
	server.options.maxPayload = MAX_PAYLOAD_BYTES;
	server.options.perMessageDeflate = false;
	let draining = false;

	// Without a listener one malformed frame ends the process.
	server.on('connection', (socket: WebSocket) => {
		socket.on('error', (error) => deps.log.debug({ error: error.message }, 'socket failed'));
	});

	const handler = applyWSSHandler({
		wss: server,
		router: appRouter,
		async createContext({ req, res }) {
			const context = await deps.createContext(req);
			if (context.identity) {
				// The context lives as long as the socket: its session's end must end the socket too.
				const stop = deps.onIdentityOver(context.identity.id, () => res.close(4401, 'session ended'));
				res.once('close', stop);
			}
			return context;
		},
		onError: deps.onError,
		keepAlive: { enabled: true, pingMs: PING_INTERVAL_MS, pongWaitMs: PONG_TIMEOUT_MS }
	});

	function refuse(socket: Duplex, status: string): void {
		socket.on('error', () => {});
		socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
	}

	return {
		handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
			const { pathname } = new URL(request.url ?? '/', 'http://localhost');
			if (pathname !== SOCKET_PATH) return refuse(socket, '404 Not Found');
			if (!deps.enabled) return refuse(socket, '403 Forbidden');
			if (draining) return refuse(socket, '503 Service Unavailable');
			// Browsers always say where a page came from; a program with a token says nothing.
			const { origin } = request.headers;
			if (origin !== undefined && origin !== deps.origin) {
				deps.log.warn({ origin }, 'socket from a foreign origin refused');
				return refuse(socket, '403 Forbidden');
			}
			if (origin === undefined && request.headers.cookie !== undefined) {
				return refuse(socket, '403 Forbidden');
			}
			socket.on('error', () => {});
			onHttpServerUpgrade(request, socket, head);
		},

		async drain(): Promise<void> {
			draining = true;
			handler.broadcastReconnectNotification();
		},

		async close(): Promise<void> {
			draining = true;
			for (const client of server.clients) client.terminate();
			server.removeAllListeners();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		}
	};
}
