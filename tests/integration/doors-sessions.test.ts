import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../fixtures/server';
import { outside, type Login, type Outside } from './doors-fixture';

/** What a session or token holds open ends with it, whichever way its owner reads. */
let server: TestServer;
let from: Outside;
beforeAll(async () => {
	server = await startServer();
	from = outside(server);
}, 60_000);
afterAll(() => server?.stop());

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url));

type Held = {
	/** When each of them ended. */
	ended: Promise<{ rung: string; how: unknown; at: number }>[];
};

/** A socket, a stream and a poll that waits. */
async function holdOpen(headers: Record<string, string>): Promise<Held> {
	const { deviceId, cursor } = await from.openDevice(headers);
	const socket = from.socket(headers);
	await socket.opened;
	socket.follow(1, deviceId);
	await expect.poll(() => socket.heard.some(({ result }) => result?.type === 'data')).toBe(true);
	const stream = await from.get('inbox.stream', { deviceId }, { ...headers, accept: 'text/event-stream' });
	expect(stream.status).toBe(200);
	const first = await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, headers);
	const { result } = (await first.json()) as { result: { data: { stateTag: string } } };
	const poll = from.get(
		'inbox.poll',
		{ deviceId, cursor, stateTag: result.data.stateTag, waitMs: 25_000 },
		headers
	);
	const note = (rung: string) => (how: unknown) => ({ rung, how, at: performance.now() });
	return {
		ended: [
			socket.ended.then(note('websocket')),
			stream.text().then(() => note('sse')('over')),
			poll.then(({ status }) => note('long-poll')(status))
		]
	};
}

async function deactivate(username: string): Promise<void> {
	const env = { PATH: process.env.PATH ?? '', DATABASE_URL: server.database.url };
	await promisify(execFile)(process.execPath, [CLI, 'deactivate', username], { env });
}

async function usernameOf(userId: string): Promise<string> {
	const [row] = await server.database.sql<
		{ username: string }[]
	>`select username from users where id = ${userId}`;
	return row?.username ?? '';
}

type Ending = (login: Login) => Promise<{ headers: Record<string, string>; end: () => Promise<unknown> }>;

const ENDINGS: [title: string, withinMs: number, ending: Ending][] = [
	[
		'its owner signs out',
		1_000,
		async ({ headers }) => ({ headers, end: () => from.ask('auth.signOut', undefined, headers) })
	],
	[
		'its token is revoked',
		1_000,
		async (login) => {
			const token = await from.addToken(login.userId);
			return {
				headers: token.headers,
				end: () => from.ask('tokens.revoke', { tokenId: token.id }, login.headers)
			};
		}
	],
	[
		// Another process does it, and every server looks for such things every 2 s.
		'its owner is deactivated',
		3_000,
		async ({ headers, userId }) => ({ headers, end: async () => deactivate(await usernameOf(userId)) })
	]
];

test.each(ENDINGS)('%s: socket, stream and poll end within %i ms', async (_title, withinMs, ending) => {
	const { headers, end } = await ending(await from.login());
	const held = await holdOpen(headers);
	await end();
	const begun = performance.now();
	const ended = await Promise.all(held.ended);
	for (const { rung, at } of ended) expect(at - begun, rung).toBeLessThan(withinMs);
	expect(ended.map(({ how }) => how)).toEqual([4401, 'over', 401]);
	expect((await from.get('rooms.list', undefined, headers)).status).toBe(401);
});
