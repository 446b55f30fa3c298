import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseError } from './database-error';
import { processIdentity } from './embedded-process';

type Holder = { pid: number; identity: string };

function readHolder(file: string): Holder | null {
	try {
		return JSON.parse(readFileSync(file, 'utf8')) as Holder;
	} catch {
		return null;
	}
}

const isAlive = (holder: Holder | null) => holder !== null && processIdentity(holder.pid) === holder.identity;

/**
 * Makes this process the only one on a data folder. The lock names its holder by number and start, so
 * one left behind by a kill -9 is seen to be stale, whatever runs under that number now.
 *
 * @returns a function that gives the lock back
 * @throws {DatabaseError} when another Parley that runs holds it
 */
export function takeLock(dataDir: string): () => void {
	const lock = path.join(dataDir, 'lock');
	const mine = `${lock}.${process.pid}`;
	const identity = processIdentity(process.pid) ?? '';
	writeFileSync(mine, JSON.stringify({ pid: process.pid, identity } satisfies Holder));
	try {
		for (let attempt = 0; attempt < 10; attempt++) {
			try {
				linkSync(mine, lock); // fails when it exists: exactly one of two starters gets it
				return () => {
					// Given back twice, it may be somebody else's by now.
					if (readHolder(lock)?.pid === process.pid) rmSync(lock, { force: true });
				};
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
			}
			const holder = readHolder(lock);
			if (isAlive(holder)) {
				throw new DatabaseError(
					`Parley is already running on this data (process ${holder?.pid}, ${dataDir}). Stop it first, or set PARLEY_DATA to another folder.`
				);
			}
			putAside(lock, `${mine}.stale`);
		}
		throw new DatabaseError(`Could not lock ${dataDir}: other instances keep starting there.`);
	} finally {
		rmSync(mine, { force: true });
	}
}

/** The process that uses this data folder; null when none does. */
export function lockHolder(dataDir: string): number | null {
	const holder = readHolder(path.join(dataDir, 'lock'));
	return holder && isAlive(holder) ? holder.pid : null;
}

/** Only one starter can rename a stale lock away. Should it have caught a fresh one instead, it goes back. */
function putAside(lock: string, aside: string): void {
	try {
		renameSync(lock, aside);
		if (isAlive(readHolder(aside))) linkSync(aside, lock);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
	} finally {
		rmSync(aside, { force: true });
	}
}
