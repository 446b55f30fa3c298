import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { createCallerFactory } from '../../src/lib/server/trpc/base';
import { appRouter } from '../../src/lib/server/trpc/router';
import { testProduct } from '../fixtures/product';

const STREAMS = 1_000;
/** Measured: 6.3 KB of it is ours and tRPC's procedure; with `events.on` and a parse per item it was 51 KB. */
const MOST_KB = 10;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/** Of what is still reachable, in KB. */
async function heapInUse(): Promise<number> {
	// Twice: what a first one finalises, a second one frees.
	for (let i = 0; i < 2; i++) {
		collect();
		await new Promise((resolve) => setImmediate(resolve));
	}
	return process.memoryUsage().heapUsed / 1024;
}

test(`a stream that merely stands costs at most ${MOST_KB} KB of heap`, async () => {
	const product = await testProduct();
	const rows = await product.sql<{ deviceId: string; userId: string }[]>`
		with people as (
			insert into users (username, display_name, password_hash)
			select 'user' || n, 'Somebody', '' from generate_series(1, ${2 * STREAMS}) n returning id
		), opened as (
			insert into devices (user_id) select id from people returning id, user_id
		), boxes as (
			insert into mailboxes (id) select id from opened
		)
		select id as "deviceId", user_id as "userId" from opened`;
	const create = createCallerFactory(appRouter);
	const stop = new AbortController();
	const standing: Promise<unknown>[] = [];

	async function stand({ deviceId, userId }: (typeof rows)[number]): Promise<void> {
		const identity = {
			userId,
			id: `of-${userId}`,
			via: 'session',
			username: '',
			displayName: '',
			expiresAt: null
		} as const;
		const api = create(
			{ services: product.services, identity, hasCredentials: true, ip: '', cookie: null },
			{ signal: AbortSignal.any([stop.signal]) }
		);
		const stream = (await api.inbox.stream({ deviceId }))[Symbol.asyncIterator]();
		await stream.next(); // the state
		standing.push(stream.next());
	}
	async function standAll(some: typeof rows): Promise<void> {
		for (let at = 0; at < some.length; at += 50) await Promise.all(some.slice(at, at + 50).map(stand));
	}

	await standAll(rows.slice(0, STREAMS) as typeof rows); // pay for what is compiled and cached once
	const before = await heapInUse();
	await standAll(rows.slice(STREAMS) as typeof rows);
	const each = ((await heapInUse()) - before) / STREAMS;
	console.log(`${each.toFixed(1)} KB for each of ${STREAMS} streams`);
	expect(each).toBeLessThan(MOST_KB);

	stop.abort();
	await Promise.allSettled(standing);
	await product.close();
}, 60_000);
