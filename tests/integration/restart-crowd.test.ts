import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProgram, straight, type Program } from '../fixtures/programs';
import { startServer, type TestServer } from '../fixtures/server';
import { outside } from './doors-fixture';

/** Everybody at once after a server died: they come back spread out, and soon. */
const CROWD = process.env.LONG ? 1_000 : 100;
/** `crowd.test.ts` has the policy on a clock of its own. Of a hundred, chance alone puts more than ten into some window. */
const MOST_AT_ONCE = process.env.LONG ? CROWD / 10 : CROWD / 5;
const PER_USER = 25;
const WINDOW_MS = 100;

/** When each poll that was answered had been sent, per program. */
const polls = new Map<string, number[]>();
const nativeFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
	const sent = performance.now();
	const response = await nativeFetch(input, init);
	const who = new Headers(init?.headers).get('authorization');
	if (who && response.ok && String(input).includes('/trpc/inbox.poll')) {
		polls.set(who, [...(polls.get(who) ?? []), sent]);
	}
	return response;
};

let server: TestServer;
let crowd: Program[] = [];
beforeAll(async () => {
	server = await startServer({ PARLEY_LIMITS: '100' });
}, 60_000);
afterAll(async () => {
	for (const program of crowd) program.close();
	await server?.stop();
});

const all = (check: (program: Program) => boolean, timeout: number) =>
	expect.poll(() => crowd.filter((program) => !check(program)).length, { timeout, interval: 10 }).toBe(0);

/** The most of them that any window of 100 ms has seen. */
function fullestWindow(times: readonly number[]): number {
	const sorted = [...times].sort((a, b) => a - b);
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
		const from = outside(server);
		const tokens: string[] = [];
		while (tokens.length < CROWD) {
			const userId = await from.addUser();
			for (let n = 0; n < PER_USER; n += 1) {
				tokens.push((await from.addToken(userId)).headers.authorization.replace('Bearer ', ''));
			}
		}
		crowd = tokens.slice(0, CROWD).map((token) => openProgram(straight(server.url), token));
		await all(({ link }) => link.status.rung === 'websocket', 90_000);

		await server.crash();
		const crashed = performance.now();
		await all(({ link }) => link.status.rung !== 'websocket', 10_000);
		const marks = crowd.map(({ news }) => news.length);
		await server.startAgain();
		const returned = performance.now();

		/** The first thing that each heard of the server again, by whatever way. */
		const resumedAt = () =>
			crowd.flatMap(({ news, at }, n) => {
				const first = news.findIndex((one, place) => place >= (marks[n] ?? 0) && one.type === 'state');
				return first < 0 ? [] : [at[first] ?? 0];
			});
		await expect.poll(() => resumedAt().length, { timeout: 20_000, interval: 20 }).toBe(CROWD);
		const latest = Math.max(...resumedAt()) - returned;
		// When they came, not when a server that is just warming up had answered them.
		const resumed = resumedAt();
		const cameAt = tokens.slice(0, CROWD).map((token, n) => {
			const poll = polls.get(`Bearer ${token}`)?.find((at) => at > crashed);
			return Math.min(poll ?? Infinity, resumed[n] ?? Infinity);
		});
		const fullest = fullestWindow(cameAt);
		console.log(
			`${CROWD} clients: fullest 100 ms saw ${fullest}, the last was back after ${Math.round(latest)} ms`
		);
		expect(fullest).toBeLessThanOrEqual(MOST_AT_ONCE);
		expect(latest).toBeLessThan(5_000);

		/** And they climb again as spread: a socket each. */
		await all(({ link }) => link.status.rung === 'websocket', 30_000);
		const climbedAt = crowd.map(({ news, at }, n) => {
			const place = news.findIndex(
				(one, index) => index >= (marks[n] ?? 0) && one.type === 'status' && one.status.rung === 'websocket'
			);
			return at[place] ?? 0;
		});
		console.log(`sockets: fullest 100 ms saw ${fullestWindow(climbedAt)}`);
		expect(fullestWindow(climbedAt)).toBeLessThanOrEqual(MOST_AT_ONCE);
	}
);
