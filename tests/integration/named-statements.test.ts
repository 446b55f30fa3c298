import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDb, type DbConnection } from '../../src/lib/server/db/client';
import { users } from '../../src/lib/server/db/schema';
import { testDatabase, type TestDatabase } from '../fixtures/database';

let database: TestDatabase;
let one: DbConnection;

beforeAll(async () => {
	database = await testDatabase();
	one = openDb(database.url, { max: 1 }); // so that every statement meets the same connection
});
afterAll(async () => {
	await one.close();
	await database.drop();
});

const findNobody = () => one.db.select({ id: users.id }).from(users).where(eq(users.username, 'nobody'));

/** Texts of the statements that the connection keeps, with how often each was used. */
async function kept(like: string): Promise<number[]> {
	const rows = await one.sql<{ used: number }[]>`
		select (generic_plans + custom_plans)::int as used from pg_prepared_statements
		where statement like ${`%${like}%`} and statement not like '%pg_prepared_statements%'
	`;
	return rows.map(({ used }) => used);
}

test('a statement of drizzle is parsed once, in and out of transactions', async () => {
	for (let i = 0; i < 3; i++) await findNobody();
	await one.db.transaction(async (tx) => {
		await tx.select({ id: users.id }).from(users).where(eq(users.username, 'nobody'));
		await tx.transaction((inner) =>
			inner.select({ id: users.id }).from(users).where(eq(users.username, 'nobody'))
		);
	});
	expect(await kept('"users"."username" =')).toEqual([5]);
});

test('a transaction that fails is undone, and its connection goes on', async () => {
	const add = one.db.transaction(async (tx) => {
		await tx.insert(users).values({ username: 'half', displayName: 'Half', passwordHash: '' });
		await tx.execute(sql`select 1 / ${0}::int`);
	});
	await expect(add).rejects.toThrow();
	expect(await one.db.select().from(users).where(eq(users.username, 'half'))).toEqual([]);
});

test('a table that changes under a kept plan is read as it is now', async () => {
	await findNobody();
	await database.sql`alter table users add column extra text not null default 'x'`;
	await database.sql`alter table users alter column username type varchar(200)`;
	expect(await one.db.select({ username: users.username }).from(users)).toEqual([]);
	expect(await findNobody()).toEqual([]);
});

test('a connection that was lost is made anew, with its statements', async () => {
	await findNobody();
	const [backend] = await one.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
	await database.sql`select pg_terminate_backend(${backend?.pid ?? 0}, 5000)`;
	// The driver notices with its next read or write.
	await expect.poll(() => findNobody().catch(() => 'lost')).toEqual([]);
	expect(await kept('"users"."username" =')).toEqual([1]);
});
