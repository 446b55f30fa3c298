import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHealth } from './health';

let ready = true;
let ping: () => Promise<unknown> = async () => {};
const handle = createHealth({ isReady: () => ready, ping: () => ping(), pingWithinMs: 20 });
const server = createServer((request, response) => {
	if (!handle(request, response)) response.writeHead(404).end();
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function status(path: string): Promise<number> {
	const { port } = server.address() as AddressInfo;
	return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
}

test.each<[title: string, ready: boolean, ping: () => Promise<unknown>, readyz: number]>([
	['the database answers: ready', true, async () => {}, 200],
	['the database fails: not ready', true, () => Promise.reject(new Error('gone')), 503],
	['the database hangs: not ready', true, () => new Promise(() => {}), 503],
	['draining: not ready', false, async () => {}, 503]
])('%s, and alive', async (_title, isReady, pinged, readyz) => {
	[ready, ping] = [isReady, pinged];
	expect(await status('/readyz')).toBe(readyz);
	expect(await status('/healthz')).toBe(200);
});

test('every other path is left alone', async () => {
	expect(await status('/login')).toBe(404);
});
