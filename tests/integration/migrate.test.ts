import { afterAll, expect, test } from 'vitest';
import { migrateDatabase } from '../../src/lib/server/db/migrate';
import { testDatabase } from '../fixtures/database';
import { MIGRATIONS } from '../fixtures/postgres';

const database = await testDatabase();
afterAll(() => database.drop());

test('a test database is migrated and empty', async () => {
	const tables =
		await database.sql`select 1 from pg_tables where schemaname = 'public' and tablename = 'users'`;
	expect(tables).toHaveLength(1);
	expect(await database.sql`select * from users`).toEqual([]);
});

test('migrating again, and by two instances at once, changes nothing', async () => {
	const [before] = await database.sql`select count(*) from drizzle.__drizzle_migrations`;
	await Promise.all([1, 2].map(() => migrateDatabase(database.url, MIGRATIONS)));
	const [after] = await database.sql`select count(*) from drizzle.__drizzle_migrations`;
	expect(after).toEqual(before);
});

test.each([
	['nobody listens', 'postgres://somebody:secret@127.0.0.1:1/x', /ECONNREFUSED/],
	['no such host', 'postgres://somebody:secret@nowhere.invalid/x', /nowhere\.invalid/]
])('a wrong DATABASE_URL is one line without the password: %s', async (_title, url, told) => {
	const error = await migrateDatabase(url, MIGRATIONS).catch((error: Error) => error);
	expect(error).toMatchObject({ name: 'DatabaseError', message: expect.stringMatching(told) });
	expect(String(error)).not.toMatch(/secret|\n/);
	expect(String(error)).toContain('DATABASE_URL');
});

test('a wrong password is told as Postgres tells it', async () => {
	const wrong = new URL(database.url);
	wrong.password = 'wrong';
	await expect(migrateDatabase(wrong.href, MIGRATIONS)).rejects.toThrow(/password authentication failed/);
});
