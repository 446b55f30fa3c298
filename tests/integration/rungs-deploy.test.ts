import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../fixtures/database';
import { straight } from '../fixtures/programs';
import { startServer } from '../fixtures/server';
import { startTcpProxy } from '../fixtures/tcp-proxy';
import { numbered, openPair, RUNGS, sendFrom, standOn, textsAt, until } from './rungs-world';

const ends: (() => unknown)[] = [];
afterAll(async () => {
	for (const end of ends.reverse()) await end();
});

test('a deploy: who is behind a balancer follows to the other server, on every rung, and no signal is lost', async () => {
	const database = await testDatabase();
	ends.push(() => database.drop());
	const [first, second] = await Promise.all([startServer({}, { database }), startServer({}, { database })]);
	ends.push(() => Promise.all([first.stop(), second.stop()]));
	let target = Number(new URL(first.url).port);
	const balancer = await startTcpProxy(() => target);
	ends.push(() => balancer.close());

	const ways = straight(`http://127.0.0.1:${balancer.port}`);
	const pairs = await Promise.all(
		RUNGS.map(async (rung) => ({ rung, ...(await openPair(first, { rung, ways })) }))
	);
	ends.push(() => pairs.forEach((pair) => pair.close()));
	const calls = await Promise.all(pairs.map((pair) => pair.call()));
	await Promise.all(pairs.map(({ rung, ann, bob }) => standOn(rung, ann, bob)));

	const texts = numbered('while they move', 300);
	let sent = 0;
	const timer = setInterval(() => {
		const text = texts[sent++];
		if (text === undefined) return clearInterval(timer);
		pairs.forEach(({ ann, bob }, i) => sendFrom(ann, bob, calls[i] ?? '', text));
	}, 10);
	ends.push(() => clearInterval(timer));
	await until(() => expect(sent).toBeGreaterThan(30));

	target = Number(new URL(second.url).port);
	await first.stop();

	for (const { bob } of pairs) await until(() => expect(textsAt(bob)).toHaveLength(texts.length));
	for (const { bob } of pairs) expect(textsAt(bob)).toEqual(texts);
	await Promise.all(pairs.map(({ rung, ann, bob }) => standOn(rung, ann, bob)));
	// A socket is asked to come back before it goes, so its hand-over has no gap at all.
	const websocket = pairs.find(({ rung }) => rung === 'websocket');
	for (const program of [websocket?.ann, websocket?.bob]) {
		const rungs = program?.news.flatMap((one) => (one.type === 'status' ? [one.status.rung] : []));
		expect(rungs?.slice(rungs.indexOf('websocket'))).toEqual(['websocket']);
	}
}, 60_000);
