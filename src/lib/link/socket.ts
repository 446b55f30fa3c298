import { createWSClient, wsLink, type TRPCLink, type TRPCWebSocketClient } from '@trpc/client';
import type { AppRouter } from '../server/trpc/router';
import { jitteredWait, pickMs, PROBE_CAP_MS } from './backoff';
import { promptSocket } from './prompt-socket';

/** A silent socket is asked after this long, and left when it does not answer in time. */
export const PING_INTERVAL_MS = 5_000;
export const PONG_TIMEOUT_MS = 2_000;

/** The tRPC client's WebSocket, one life at a time. Who opens it decides when to open it again. */
export type Socket = {
	/** A terminating link over whichever socket is open now. */
	readonly link: TRPCLink<AppRouter>;
	/** Begins a new life: the next subscription connects. */
	open(): void;
	/** Ends this life at once; what was in flight on it fails. */
	close(): void;
};

export type SocketOptions = {
	url: string;
	WebSocket: typeof WebSocket;
	random: () => number;
	pingIntervalMs?: number;
	pongTimeoutMs?: number;
};

/**
 * tRPC's client reconnects by itself for ever, from attempt 0 after each success: it would flap, and it queues
 * mutations meanwhile. So every try is a client of its own, closed when its socket is lost; only a move that the
 * server asks for (`reconnect`, on a deploy) stays inside one client, because it hands over without a gap.
 */
export function createSocket(options: SocketOptions): Socket {
	let life: { client: TRPCWebSocketClient; end(): void; over: boolean } | null = null;

	function begin(): NonNullable<typeof life> {
		const sockets = new Set<{ close(): void }>();
		const client = createWSClient({
			url: () => {
				// A request that was on its way while we closed would open the client again.
				if (mine.over) {
					void client.close();
					throw new Error('This socket was given up.');
				}
				return options.url;
			},
			WebSocket: promptSocket(options.WebSocket, (socket) => sockets.add(socket)),
			retryDelayMs: (attempt) => pickMs(jitteredWait(attempt + 1, 1_000, PROBE_CAP_MS), options.random()),
			keepAlive: {
				enabled: true,
				intervalMs: options.pingIntervalMs ?? PING_INTERVAL_MS,
				pongTimeoutMs: options.pongTimeoutMs ?? PONG_TIMEOUT_MS
			},
			// Connects with the first request, so that nothing is open before somebody listens for its failure.
			lazy: { enabled: true, closeMs: PROBE_CAP_MS }
		});
		const mine = {
			client,
			over: false,
			end() {
				if (mine.over) return;
				mine.over = true;
				void client.close();
				for (const socket of sockets) socket.close();
			}
		};
		return mine;
	}

	return {
		link: (runtime) => (chain) => {
			if (!life) throw new Error('The WebSocket is not open.');
			return wsLink<AppRouter>({ client: life.client })(runtime)(chain);
		},
		open() {
			life?.end();
			life = begin();
		},
		close() {
			life?.end();
			life = null;
		}
	};
}
