import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from '../fixtures/balancer';
import { openPair, sendFrom, standOn, textsAt, until, type Pair } from './rungs-world';

/** Two servers behind a balancer, restarted one after the other while people send. */
let cluster: Cluster;
beforeAll(async () => {
	cluster = await startCluster(2, { PARLEY_DRAIN_SECONDS: '2' });
}, 60_000);
afterAll(() => cluster?.close());

/** Both send a signal every 15 ms until told to stop. */
function chatter(pair: Pair, callId: string) {
	const sent = { ann: [] as string[], bob: [] as string[] };
	const timer = setInterval(() => {
		for (const [name, mine, theirs] of [
			['ann', pair.ann, pair.bob],
			['bob', pair.bob, pair.ann]
		] as const) {
			sendFrom(mine, theirs, callId, `${name} ${sent[name].push(`${name} ${sent[name].length}`) - 1}`);
		}
	}, 15);
	return { sent, stop: () => clearInterval(timer) };
}

const RUNGS = process.env.LONG
	? (['websocket', 'sse', 'long-poll', 'short-poll'] as const)
	: (['websocket'] as const);

test.each(RUNGS)(
	'a rolling restart during a call over %s: every signal once and in order, and nobody is told of trouble',
	async (rung) => {
		const pair = await openPair(cluster, { rung });
		const callId = await pair.call();
		await standOn(rung, pair.ann, pair.bob);
		const { sent, stop } = chatter(pair, callId);
		for (const at of [0, 1]) {
			await cluster.stop(at);
			await cluster.start(at);
		}
		await standOn(rung, pair.ann, pair.bob);
		await until(() => expect(sent.ann.length).toBeGreaterThan(100));
		stop();
		await until(() => {
			expect(textsAt(pair.bob).at(-1)).toBe(sent.ann.at(-1));
			expect(textsAt(pair.ann).at(-1)).toBe(sent.bob.at(-1));
		});
		expect(textsAt(pair.bob)).toEqual(sent.ann);
		expect(textsAt(pair.ann)).toEqual(sent.bob);
		for (const { news } of [pair.ann, pair.bob]) {
			expect(
				news.filter(({ type }) => type === 'epoch' || type === 'signed-out' || type === 'send-refused')
			).toEqual([]);
			expect(news.filter(({ type }) => type === 'device')).toHaveLength(1);
		}
		expect(cluster.output()).not.toMatch(/"level"/);
		pair.close();
	},
	60_000
);
