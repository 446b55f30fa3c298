import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrowdNews, CrowdOrder } from '../fixtures/crowd-process';
import { startServer, type TestServer } from '../fixtures/server';
import { outside } from './doors-fixture';

/** Everybody at once after a server died: they come back spread out, and soon. */
const CROWD = process.env.LONG ? 1_000 : 100;
/** `crowd.test.ts` has the policy on a clock of its own. Of a hundred, chance alone puts more than ten into some window. */
const MOST_AT_ONCE = process.env.LONG ? CROWD / 10 : CROWD / 5;
/** A process that loses all of them at once comes late to every timer: what is counted then is its own jam. */
const PROCESSES = process.env.LONG ? 2 : 1;
const WINDOW_MS = 100;
const FIXTURES = path.resolve('tests/fixtures');

let server: TestServer;
const crowd: ChildProcess[] = [];
const news: CrowdNews[] = [];
beforeAll(async () => {
	server = await startServer({ PARLEY_LIMITS: '100' });
}, 60_000);
afterAll(async () => {
	for (const process of crowd) process.disconnect();
	await server?.stop();
});

const now = () => performance.timeOrigin + performance.now();

async function openCrowd(): Promise<void> {
	const from = outside(server);
	const tokens: string[] = [];
	while (tokens.length < CROWD) {
		const { headers } = await from.addToken(await from.addUser());
		tokens.push(headers.authorization.replace('Bearer ', ''));
	}
	const each = CROWD / PROCESSES;
	for (let first = 0; first < CROWD; first += each) {
		const process = fork(path.join(FIXTURES, 'run-typescript.mjs'), [
			path.join(FIXTURES, 'crowd-process.ts')
		]);
		process.on('message', (one: CrowdNews) => void news.push({ ...one, who: first + one.who }));
		process.send({ url: server.url, tokens: tokens.slice(first, first + each) } satisfies CrowdOrder);
		crowd.push(process);
	}
}

type Told<T> = Extract<CrowdNews, { type: T }>;

/** What each of them told first of this, after that moment. */
function firstOf<T extends CrowdNews['type']>(type: T, since: number): Told<T>[] {
	const first = new Map<number, Told<T>>();
	const isThis = (one: CrowdNews): one is Told<T> => one.type === type;
	for (const one of news) {
		if (isThis(one) && one.at > since && !first.has(one.who)) first.set(one.who, one);
	}
	return [...first.values()];
}

const onWebSocket = () =>
	new Map(news.flatMap((one) => (one.type === 'rung' ? [[one.who, one.rung === 'websocket']] : [])));
const countOnWebSocket = () => [...onWebSocket().values()].filter(Boolean).length;
const until = (count: () => number, wanted: number, timeout: number) =>
	expect.poll(count, { timeout, interval: 50 }).toBe(wanted);

/** The most of them that any window of 100 ms has seen. */
function fullestWindow(told: readonly CrowdNews[]): number {
	const sorted = told.map(({ at }) => at).sort((a, b) => a - b);
	return Math.max(
		...sorted
			.map((from, at) => sorted.slice(at).findIndex((to) => to > from + WINDOW_MS))
			.map((n, at) => (n < 0 ? sorted.length - at : n))
	);
}

test(
	`${CROWD} clients after a crash: no 100 ms see more than ${MOST_AT_ONCE} of them, all are back within 5 s`,
	{ timeout: 180_000 },
	async () => {
		await openCrowd();
		await until(countOnWebSocket, CROWD, 90_000);

		await server.crash();
		const crashed = now();
		// Back before everybody has asked once, within half a second, it would see a fifth of them: `crowd.test.ts`.
		await until(() => firstOf('poll-in-vain', crashed).length, CROWD, 10_000);
		await server.startAgain();
		const returned = now();

		await until(() => firstOf('state', crashed).length, CROWD, 20_000);
		// When they came, not when a server that is just warming up had answered them.
		const asked = firstOf('poll', crashed);
		// Who is answered asks for a socket in the same moment: whom the server has kept waiting for longer, in one with others.
		const back = firstOf('state', crashed);
		await until(countOnWebSocket, CROWD, 30_000);
		const keptMs = Math.max(...asked.map(({ tookMs }) => tookMs));
		const [came, climbed] = [fullestWindow(asked), fullestWindow(back)];
		const latest = Math.max(...back.map(({ at }) => at)) - returned;
		console.log(
			`${CROWD} clients: 100 ms saw ${came} at most, and ${climbed} sockets, answers took ${Math.round(keptMs)} ms at most; the last was back after ${Math.round(latest)} ms`
		);
		expect(came).toBeLessThanOrEqual(MOST_AT_ONCE);
		expect(climbed).toBeLessThanOrEqual((MOST_AT_ONCE * (WINDOW_MS + keptMs)) / WINDOW_MS);
		expect(latest).toBeLessThan(5_000);
	}
);
