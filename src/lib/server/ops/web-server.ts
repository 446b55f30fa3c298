import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Why the port cannot be had. The message says what to do. */
export class ListenError extends Error {
	override readonly name = 'ListenError';
}

const REASONS: Record<string, string> = {
	EADDRINUSE: 'is in use by another program. Stop it, or set PORT to another one',
	EACCES: 'needs more rights than you have. Set PORT to 1024 or higher',
	EADDRNOTAVAIL: 'cannot be had: HOST is no address of this machine',
	ENOTFOUND: 'cannot be had: HOST is no address of this machine'
};

/**
 * How long a request may take to come in, not how long its answer takes: polls wait and streams last. And how long a
 * connection may be idle: longer than proxies keep theirs (60 s), so that none sends a request into one that just ends.
 */
const TIMEOUTS = {
	headersTimeout: 10_000,
	requestTimeout: 30_000,
	connectionsCheckingInterval: 1_000,
	keepAliveTimeout: 65_000
};

/** Connections that wait to be taken: everybody comes back at once after a restart. The system caps it. */
const BACKLOG = 4_096;

function listen(server: Server, port: number, host: string): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, BACKLOG, () => {
			server.off('error', reject);
			resolve((server.address() as AddressInfo).port);
		});
	});
}

/**
 * The HTTP server. It takes its port before anything else starts, so a busy port is known at once; until `serve` is called
 * everybody is asked to come back.
 */
export function createWebServer() {
	let handleRequest: RequestHandler = (_request, response) => {
		response
			.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' })
			.end('Parley is starting.\n');
	};
	let handleUpgrade: UpgradeHandler = (_request, socket) => {
		socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
	};
	let closing = false;
	const server = createServer(TIMEOUTS, (request, response) => {
		if (closing) response.setHeader('connection', 'close');
		handleRequest(request, response);
	});
	server.on('upgrade', (request, socket, head) => {
		socket.on('error', () => {}); // a connection that breaks off is nobody's error
		handleUpgrade(request, socket, head);
	});

	return {
		/** @returns the port, also when 0 asked for any. @throws {ListenError} */
		async listen(port: number, host: string): Promise<number> {
			try {
				return await listen(server, port, host).catch((error: NodeJS.ErrnoException) => {
					// A machine without IPv6.
					const plain = host === '::' && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
					if (!plain) throw error;
					return listen(server, port, '0.0.0.0');
				});
			} catch (error) {
				const { code = '', message } = error as NodeJS.ErrnoException;
				throw new ListenError(`Port ${port} ${REASONS[code] ?? `cannot be had: ${message}`}.`);
			}
		},
		serve(request: RequestHandler, upgrade: UpgradeHandler): void {
			handleRequest = request;
			handleUpgrade = upgrade;
		},
		/** From now on each answer ends its connection, so that the next request may go elsewhere. */
		sendAway(): void {
			closing = true;
		},
		/** Takes no new connections. Requests that run may finish; `closeAll` cuts off what is left. */
		stopAccepting(): Promise<void> {
			closing = true;
			return new Promise((resolve) => {
				server.close(() => resolve());
				server.closeIdleConnections();
			});
		},
		closeAll: () => server.closeAllConnections()
	};
}
