import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { withNamedStatements } from './named-statements';
import * as schema from './schema';

export type Db = PostgresJsDatabase<typeof schema> & { $client: postgres.Sql };
/** The handle inside `db.transaction(...)`. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** For functions that may run inside somebody else's transaction. */
export type DbOrTx = Db | Tx;

export type DbConnection = { db: Db; sql: postgres.Sql; close: () => Promise<void> };

/** What the servers' connections are called in `pg_stat_activity`. */
export const SERVERS_NAME = 'parley';

type PoolOptions = {
	max?: number;
	/** Seconds; the driver's own 30 unless given. */
	connect_timeout?: number;
	application_name?: string;
	/** Milliseconds. */
	statement_timeout?: number;
};

/**
 * How long a connection that was lost waits before it is made anew, in seconds. The driver counts every connection of a
 * pool that breaks in the same instant as a failure of its own, and with its default what waited for ten of them
 * waited for 20 s after the database was back.
 */
export function reconnectPauseSeconds(failures: number): number {
	return (0.5 + Math.random() / 2) * Math.min(0.05 * 2 ** failures, 0.5);
}

/** Opens a pool. Nothing connects before the first query. */
export function openDb(
	url: string,
	{ max = 10, connect_timeout = 30, ...connection }: PoolOptions = {}
): DbConnection {
	const sql = postgres(url, {
		max,
		connect_timeout,
		backoff: reconnectPauseSeconds,
		onnotice: () => {},
		// We read no arrays. Asking for their types is a query of the driver's own, whose failure nobody can catch.
		fetch_types: false,
		connection: { application_name: SERVERS_NAME, ...connection }
	});
	return { db: drizzle(withNamedStatements(sql), { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}
