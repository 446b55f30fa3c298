import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema';

export type Db = PostgresJsDatabase<typeof schema>;
/** The handle inside `db.transaction(...)`. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** For functions that may run inside somebody else's transaction. */
export type DbOrTx = Db | Tx;

export type DbConnection = { db: Db; sql: postgres.Sql; close: () => Promise<void> };

/** Opens a pool. Nothing connects before the first query. */
export function openDb(url: string, { max = 10 }: { max?: number } = {}): DbConnection {
	const sql = postgres(url, {
		max,
		onnotice: () => {},
		// We read no arrays. Asking for their types is a query of the driver's own, whose failure nobody can catch.
		fetch_types: false,
		connection: { application_name: 'parley' }
	});
	return { db: drizzle(sql, { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}
