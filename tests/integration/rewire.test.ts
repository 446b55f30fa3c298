import { afterAll, beforeAll, expect, test } from 'vitest';
import { GlobalThisWSS } from 'trpc-sveltekit/websocket';
import type { WebSocketServer } from 'ws';
import { openDb } from '../../src/lib/server/db/client';
import { readEnv } from '../../src/lib/server/env';
import { createLogger } from '../../src/lib/server/ops/log';
import { createWebServer } from '../../src/lib/server/ops/web-server';
import { wire } from '../../src/lib/server/wire';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { TestSocket } from './doors-fixture';

/** What `npm run dev` does with each change of server code: the product is closed and wired anew on one HTTP server. */
let database: TestDatabase;
beforeAll(async () => void (database = await testDatabase()));
afterAll(() => database?.drop());

const shared = () => (globalThis as unknown as Record<symbol, WebSocketServer>)[GlobalThisWSS];

test('wired anew again and again: one listener, one answer, and the sockets of before are gone', async () => {
	const web = createWebServer();
	const port = await web.listen(0, '127.0.0.1');
	let before: { server: WebSocketServer | undefined; socket: TestSocket } | null = null;
	for (let round = 0; round < 3; round += 1) {
		const connection = openDb(database.url);
		const env = readEnv({ STUN_URLS: 'none', DATABASE_URL: database.url });
		const parley = await wire({ env, connection, log: createLogger('silent') });
		web.serve((_request, response) => response.writeHead(404).end(), parley.handleUpgrade);
		const server = shared();
		expect(server?.listenerCount('connection')).toBe(1);
		expect(server).not.toBe(before?.server);

		const socket = new TestSocket(`ws://127.0.0.1:${port}/trpc`, {});
		await socket.opened;
		socket.ask(1, 'auth.me');
		socket.ask(2, 'auth.me');
		await expect.poll(() => socket.heard.some(({ id }) => id === 2)).toBe(true);
		expect(socket.heard.map(({ id }) => id)).toEqual([1, 2]);
		before = { server, socket };

		await parley.close();
		await connection.close();
		expect(await socket.ended).toBe(1006);
		expect(server?.listenerCount('connection')).toBe(0);
	}
	web.closeAll();
	await web.stopAccepting();
});
