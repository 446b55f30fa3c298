import { afterEach, expect, test } from 'vitest';
import { startServer, type TestServer } from '../fixtures/server';
import { outside, type Failure, type Outside } from './doors-fixture';

/** How a server goes: everybody is sent elsewhere bit by bit, and nothing that was acknowledged is lost. */
let server: TestServer;
let from: Outside;
afterEach(() => server?.stop());

const DRAIN_SECONDS = 3.5;

async function start(env: Record<string, string> = {}): Promise<void> {
	server = await startServer({ PARLEY_DRAIN_SECONDS: String(DRAIN_SECONDS), ...env });
	from = outside(server);
}

const statusOf = async (path: string) =>
	fetch(`${server.url}${path}`).then(
		({ status }) => status,
		() => 'closed'
	);

async function follower() {
	const login = await from.login();
	const { deviceId, cursor } = await from.openDevice(login.headers);
	return { ...login, deviceId, cursor };
}

async function followed() {
	const who = await follower();
	const socket = from.socket(who.headers);
	await socket.opened;
	socket.follow(1, who.deviceId);
	await expect.poll(() => socket.heard.some(({ result }) => result?.type === 'data')).toBe(true);
	return { ...who, socket };
}

/** A poll that has nothing to wait for but its end. */
async function waitingPoll(who: Awaited<ReturnType<typeof follower>>) {
	const { deviceId, cursor } = who;
	const first = await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, who.headers);
	const { result } = (await first.json()) as { result: { data: { stateTag: string } } };
	const input = { deviceId, cursor, stateTag: result.data.stateTag, waitMs: 25_000 };
	return from.get('inbox.poll', input, who.headers);
}

test('SIGTERM: red at once, new sockets refused, the others told one by one, then closed', async () => {
	await start();
	const people = await Promise.all(Array.from({ length: 30 }, followed));
	const toldAt: number[] = [];
	const begun = performance.now();
	for (const { socket } of people) {
		socket.on('message', (data) => {
			if ((data as Buffer).toString() === '{"id":null,"method":"reconnect"}')
				toldAt.push(performance.now() - begun);
		});
	}
	process.kill(server.pid(), 'SIGTERM');
	await expect.poll(() => statusOf('/readyz'), { interval: 20 }).toBe(503);
	expect(performance.now() - begun).toBeLessThan(1_000);
	expect(await statusOf('/healthz')).toBe(200);
	const refused = (await from.socket(people[0]!.headers).ended) as {
		status: number;
		headers: object;
		body: string;
	};
	expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
	expect((JSON.parse(refused.body) as { error: { data: Failure } }).error.data.key).toBe(
		'server/unavailable'
	);

	expect(new Set(await Promise.all(people.map(({ socket }) => socket.ended)))).toEqual(new Set([1012]));
	expect(toldAt).toHaveLength(30);
	// Not at once, and not in step: over most of the time there is.
	expect(Math.max(...toldAt) - Math.min(...toldAt)).toBeGreaterThan(800);
	const tenths = toldAt.map((at) => Math.floor(at / 250));
	expect(new Set(tenths).size).toBeGreaterThan(4);
	await expect.poll(() => statusOf('/healthz'), { timeout: 5_000 }).toBe('closed');
	expect(performance.now() - begun).toBeLessThan((DRAIN_SECONDS + 2) * 1_000);
});

test('streams end and waiting polls are answered, spread as well; new polls are answered at once', async () => {
	await start();
	const [streaming, polling] = await Promise.all([
		Promise.all(Array.from({ length: 12 }, follower)),
		Promise.all(Array.from({ length: 12 }, follower))
	]);
	const endedAt: number[] = [];
	const note = () => endedAt.push(performance.now());
	const streams = await Promise.all(
		streaming.map(({ deviceId, headers }) =>
			from.get('inbox.stream', { deviceId }, { ...headers, accept: 'text/event-stream' })
		)
	);
	const ends = streams.map((response) => response.text().then(note));
	const polls = polling.map(waitingPoll);
	// They wait: each holds its place.
	await Promise.all(
		polling.map(async ({ deviceId, cursor, headers }) => {
			const { status } = await from.get('inbox.poll', { deviceId, cursor, waitMs: 0 }, headers);
			expect(status).toBe(200);
		})
	);
	const begun = performance.now();
	process.kill(server.pid(), 'SIGTERM');
	await expect.poll(() => statusOf('/readyz'), { interval: 20 }).toBe(503);

	const [who] = polling;
	const early = await waitingPoll(who!);
	expect(early.status).toBe(200);
	expect(early.headers.get('connection')).toBe('close');
	expect(performance.now() - begun).toBeLessThan(1_000);
	const refused = await from.get('inbox.stream', { deviceId: who!.deviceId }, who!.headers);
	expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);

	for (const poll of polls) void poll.then(note);
	expect((await Promise.all(polls)).map(({ status }) => status)).toEqual(Array(12).fill(200));
	await Promise.all(ends);
	expect(endedAt).toHaveLength(24);
	expect(Math.max(...endedAt) - Math.min(...endedAt)).toBeGreaterThan(800);
	expect(new Set(endedAt.map((at) => Math.floor(at / 250))).size).toBeGreaterThan(4);
});

test.each<[title: string, signals: NodeJS.Signals[], connected: boolean]>([
	['with nobody connected SIGTERM ends it at once', ['SIGTERM'], false],
	['Ctrl-C ends it at once, whoever is connected', ['SIGINT'], true],
	['so does a second SIGTERM', ['SIGTERM', 'SIGTERM'], true]
])('%s', async (_title, signals, connected) => {
	await start({ PARLEY_DRAIN_SECONDS: '60' });
	const person = connected ? await followed() : null;
	const begun = performance.now();
	for (const signal of signals) {
		process.kill(server.pid(), signal);
		// A repetition within half a second is taken for the same.
		await new Promise((resolve) => setTimeout(resolve, 600));
	}
	await expect.poll(() => statusOf('/healthz')).toBe('closed');
	await server.stop();
	expect(performance.now() - begun).toBeLessThan(5_000);
	if (person) expect([1012, 1006, 1005]).toContain(await person.socket.ended);
});
