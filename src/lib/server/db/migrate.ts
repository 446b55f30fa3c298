import { existsSync } from 'node:fs';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { DatabaseError } from './database-error';

/** Any number that nobody else uses on this server: two instances that start together migrate one after the other. */
const MIGRATION_LOCK = 7_275_391;
const OLDEST_POSTGRES = 150_000;
const CONNECT_WITHIN_S = 10;

/** Where people look when they read the error: never with the password. */
function withoutPassword(url: string): string {
	const shown = new URL(url);
	if (shown.password) shown.password = '***';
	return shown.href;
}

function explain(error: unknown, url: string): DatabaseError {
	const { code = '', message = String(error) } = error as { code?: string; message?: string };
	return new DatabaseError(
		`Cannot use the database ${withoutPassword(url)}: ${message || code}. Is DATABASE_URL right?`
	);
}

/**
 * Brings the database to this version's tables.
 *
 * @param folder the project's `drizzle/`
 * @throws {DatabaseError} when it cannot be reached, is older than Postgres 15, or a migration fails
 */
export async function migrateDatabase(url: string, folder: string): Promise<void> {
	if (!existsSync(path.join(folder, 'meta', '_journal.json'))) {
		throw new DatabaseError(`No migrations in ${folder}. Run Parley from its own folder.`);
	}
	// One connection, because the lock belongs to a connection.
	const sql = postgres(url, { max: 1, connect_timeout: CONNECT_WITHIN_S, onnotice: () => {} });
	try {
		let version: number;
		try {
			const [row] = await sql<
				{ version: number }[]
			>`select current_setting('server_version_num')::int as version`;
			version = row?.version ?? 0;
		} catch (error) {
			throw explain(error, url);
		}
		if (version < OLDEST_POSTGRES) {
			throw new DatabaseError(
				`Parley needs Postgres 15 or newer; ${withoutPassword(url)} is ${Math.floor(version / 10_000)}.`
			);
		}
		await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
		try {
			await migrate(drizzle(sql), { migrationsFolder: folder });
		} catch (error) {
			const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
			throw new DatabaseError(`A migration failed and was undone: ${(cause as Error).message}`);
		} finally {
			await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`;
		}
	} finally {
		await sql.end({ timeout: 5 });
	}
}
