import path from 'node:path';
import { startEmbeddedPostgres } from './embedded';
import { placeForData } from './embedded-place';
import { migrateDatabase } from './migrate';

export type Database = {
	url: string;
	/** The embedded Postgres' process; null when somebody else runs the server. */
	pid: number | null;
	/** Settles when the embedded Postgres has ended; never for another server. */
	ended: Promise<void>;
	stop(): Promise<void>;
};

type Options = {
	/** The project's root: `drizzle/` is there. */
	root: string;
	databaseUrl: string | undefined;
	dataDir: string | undefined;
	log: (line: string) => void;
};

/**
 * A migrated database: the one at `databaseUrl`, or an embedded Postgres started for us.
 *
 * @throws {DatabaseError} after ending whatever it had started
 */
export async function openDatabase({ root, databaseUrl, dataDir, log }: Options): Promise<Database> {
	const database = databaseUrl
		? { url: databaseUrl, pid: null, ended: new Promise<void>(() => {}), stop: async () => {} }
		: await startEmbeddedPostgres({ dataDir: placeForData(root, dataDir), log });
	try {
		await migrateDatabase(database.url, path.join(root, 'drizzle'));
		return database;
	} catch (error) {
		await database.stop();
		throw error;
	}
}
