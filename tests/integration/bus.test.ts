import postgres from 'postgres';
import { expect, test } from 'vitest';
import { openPostgresLine } from '../../src/lib/server/bus/postgres';
import { readEnv } from '../../src/lib/server/env';
import { testDatabase } from '../fixtures/database';
import { describeSharedBus, type Carrier } from './bus-suite';

const CHANNEL = 'parley_news';

async function startPostgres(): Promise<Carrier> {
	const database = await testDatabase();
	const { sql } = database;
	const through = (port: number) => {
		const url = new URL(database.url);
		url.port = String(port);
		return url.href;
	};
	return {
		settings: (port) => ({ kind: 'postgres', url: through(port) }),
		port: Number(new URL(database.url).port),
		openLine: (port) => openPostgresLine(through(port)),
		shout: async (text) => void (await sql`select pg_notify(${CHANNEL}, ${text})`),
		async spy() {
			const messages: string[] = [];
			const listener = postgres(database.url, { max: 1, fetch_types: false });
			await listener.listen(CHANNEL, (text) => messages.push(text));
			return { messages, stop: () => listener.end() };
		},
		async sever() {
			const ended = await sql`
				select pg_terminate_backend(pid) from pg_stat_activity
				where application_name = 'parley bus' and datname = current_database()`;
			return ended.length;
		},
		async connections() {
			const [row] = await sql<{ count: number }[]>`
				select count(*)::int as count from pg_stat_activity
				where application_name = 'parley bus' and datname = current_database()`;
			return row?.count ?? -1;
		},
		close: database.drop
	};
}

describeSharedBus('Postgres', startPostgres);

test.each<[title: string, env: Record<string, string>, kind: string]>([
	['nothing is set: this process alone', {}, 'memory'],
	['a database of your own: Postgres', { DATABASE_URL: 'postgres://x/y' }, 'postgres'],
	['a Redis too: Redis', { DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x:1/2' }, 'redis'],
	['Redis over TLS, beside the embedded Postgres', { REDIS_URL: 'rediss://user:word@x' }, 'redis'],
	[
		'asked for Postgres',
		{ DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x', PARLEY_BUS: 'postgres' },
		'postgres'
	],
	[
		'asked for none',
		{ DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x', PARLEY_BUS: 'memory' },
		'memory'
	]
])('%s', (_title, env, kind) => {
	expect(readEnv(env).bus.kind).toBe(kind);
});

test.each<[title: string, env: Record<string, string>, told: RegExp]>([
	[
		'Postgres without a database',
		{ PARLEY_BUS: 'postgres', REDIS_URL: 'redis://x' },
		/^PARLEY_BUS: .*DATABASE_URL/
	],
	[
		'Redis without a URL',
		{ PARLEY_BUS: 'redis', DATABASE_URL: 'postgres://x/y' },
		/^PARLEY_BUS: .*REDIS_URL/
	],
	['a bus that is none', { PARLEY_BUS: 'carrier-pigeon' }, /^PARLEY_BUS: /],
	['another scheme', { REDIS_URL: 'http://x' }, /^REDIS_URL: /],
	['a path that is no database', { REDIS_URL: 'redis://x/y' }, /^REDIS_URL: may end with the number/],
	['a URL without end', { REDIS_URL: `redis://${'x'.repeat(3_000)}` }, /^REDIS_URL: /]
])('refused: %s', (_title, env, told) => {
	expect(() => readEnv(env)).toThrow(told);
});
