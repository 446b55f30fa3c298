import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Tells whoever started us where we are. */
export function sayReady(server: { address(): AddressInfo | string | null }): void {
	console.log(`ready ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Listens on a free port of this machine alone, and says where. */
export function listen(server: Server): void {
	server.listen(0, '127.0.0.1', () => sayReady(server));
}
