import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseError } from './database-error';
import { lockHolder } from './embedded-lock';

/** The embedded Postgres' user, who owns a database of the same name. */
export const EMBEDDED_USER = 'parley';

/** Where a cluster keeps the password that was made for it. */
export const passwordFile = (cluster: string): string => path.join(cluster, 'parley.password');

export function embeddedUrl(port: number, password: string, database = EMBEDDED_USER): string {
	return `postgres://${EMBEDDED_USER}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Finds the embedded Postgres that a running Parley uses. Starts nothing, stops nothing, writes nothing.
 *
 * @param dataDir where the embedded Postgres keeps its data
 * @throws {DatabaseError} one line that says what to do, when there is none or it may not be read
 */
export function findEmbedded(dataDir: string): string {
	const notRunning = () =>
		new DatabaseError(`Parley is not running on the data in ${dataDir}. Start it with npm start.`);
	if (!existsSync(dataDir) || lockHolder(dataDir) === null) throw notRunning();
	const cluster = path.join(dataDir, 'postgres');
	try {
		// Postgres' own: the port is its fourth line, and the eighth says when it takes connections.
		const lines = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
		const port = Number(lines[3]);
		if (lines[7]?.trim() !== 'ready' || !Number.isInteger(port)) throw notRunning();
		return embeddedUrl(port, readFileSync(passwordFile(cluster), 'utf8'));
	} catch (error) {
		if (error instanceof DatabaseError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT') throw notRunning();
		throw new DatabaseError(`Cannot read ${cluster} (${code}). Run this as the user who started Parley.`);
	}
}
