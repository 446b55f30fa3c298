import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDb, type DbConnection } from '../../src/lib/server/db/client';
import { readEnv } from '../../src/lib/server/env';
import { createLogger } from '../../src/lib/server/ops/log';
import type { Parley } from '../../src/lib/server/trpc/parley';
import { wire } from '../../src/lib/server/wire';
import { testDatabase, type TestDatabase } from '../fixtures/database';

const CLIENTS = process.env.LONG ? 10_000 : 1_000;
const FOR_MS = process.env.LONG ? 60_000 : 6_000;
/** Each comes again several times while it is looked at. */
const WAIT_MS = process.env.LONG ? 25_000 : 2_000;

type Client = { sessionToken: string; deviceId: string };

let database: TestDatabase;
let connection: DbConnection;
let parley: Parley;

beforeAll(async () => {
	database = await testDatabase();
	await database.sql`create extension if not exists pg_stat_statements`;
	connection = openDb(database.url);
	const env = readEnv({ STUN_URLS: 'none' });
	parley = await wire({ env, connection, log: createLogger('silent') });
}, 60_000);
afterAll(async () => {
	await parley.close();
	await connection.close();
	await database.drop();
});

/** People who are signed in, each with a device. */
async function signIn(count: number): Promise<Client[]> {
	const clients = Array.from({ length: count }, () => {
		const sessionToken = randomBytes(32).toString('base64url');
		const sessionId = createHash('sha256').update(sessionToken).digest('hex');
		return { sessionToken, sessionId, deviceId: randomUUID(), userId: randomUUID() };
	});
	await database.sql`
		with clients as (
			select * from json_to_recordset(${JSON.stringify(clients)}::text::json)
				as c ("sessionId" text, "deviceId" uuid, "userId" uuid)
		), people as (
			insert into users (id, username, display_name, password_hash)
			select "userId", "userId"::text, 'Somebody', '' from clients
		), signed_in as (
			insert into sessions (id, user_id, expires_at)
			select "sessionId", "userId", now() + interval '29 days' from clients
		), opened as (
			insert into devices (id, user_id) select "deviceId", "userId" from clients
		)
		insert into mailboxes (id) select "deviceId" from clients`;
	return clients;
}

/** One request as the web server makes it of a poll: authenticate, then ask. */
async function poll({ sessionToken, deviceId }: Client, stateTag: string | undefined, waitMs: number) {
	const known = await parley.authenticate({ sessionToken });
	const api = parley.createApi({
		identity: known?.identity ?? null,
		hasCredentials: true,
		ip: '127.0.0.1',
		cookie: null
	});
	return api.inbox.poll({ deviceId, cursor: { epoch: 1, seq: 0 }, stateTag, waitMs });
}

/** How often this database was asked what in this time, by anybody but us. */
async function statementsDuring(forMs: number): Promise<Map<string, number>> {
	const count = async () =>
		new Map(
			(
				await database.sql<{ query: string; calls: number }[]>`
					select query, sum(calls)::int as calls from pg_stat_statements
					where dbid = (select oid from pg_database where datname = current_database())
						and query not like '%pg_stat_statements%'
					group by query`
			).map(({ query, calls }) => [query, calls])
		);
	const before = await count();
	await new Promise((resolve) => setTimeout(resolve, forMs));
	const after = await count();
	return new Map([...after].map(([query, calls]) => [query, calls - (before.get(query) ?? 0)]));
}

const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

test(
	`${CLIENTS} idle long polls add no query to those of an idle server`,
	async () => {
		const clients = await signIn(CLIENTS);
		const idle = await statementsDuring(FOR_MS);

		let stopped = false;
		let answered = 0;
		const polling: Promise<void>[] = [];
		/** Polls until it is stopped. @returns when it is no longer new here */
		async function begin(client: Client): Promise<void> {
			const { stateTag } = await poll(client, undefined, 0);
			await poll(client, stateTag, 1);
			polling.push(
				(async () => {
					// Spread, as clients are; and back a moment after each answer.
					for (let waitMs = Math.ceil(Math.random() * WAIT_MS); !stopped; waitMs = WAIT_MS) {
						const page = await poll(client, stateTag, waitMs);
						expect([page.state, page.signals]).toEqual([null, []]);
						answered += 1;
						await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
					}
				})()
			);
		}
		for (let at = 0; at < CLIENTS; at += 100) await Promise.all(clients.slice(at, at + 100).map(begin));
		const busy = await statementsDuring(FOR_MS);
		stopped = true;
		await Promise.all(polling);

		console.log(
			`${CLIENTS} polls for ${FOR_MS / 1_000} s: ${answered} answered; statements idle ${sum(idle)}, polled ${sum(busy)}`
		);
		expect(answered).toBeGreaterThan(CLIENTS);
		// What is seldom falls into one of the two times, or the other.
		const more = [...busy].filter(([query, calls]) => calls > 1.1 * (idle.get(query) ?? 0) + 2);
		expect(more).toEqual([]);
		expect(sum(busy) - sum(idle)).toBeLessThan(answered / 100);
	},
	6 * FOR_MS + 120_000
);
