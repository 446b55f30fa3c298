import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseError } from './database-error';

const FOR_ROOT = '/var/lib/parley';

/**
 * Where the embedded Postgres keeps its data.
 *
 * An ordinary user keeps it in the checkout, in `.data/`. Root cannot: Postgres then runs as another user, who may
 * not reach the checkout; so the data goes to a folder of its own, and `.data/` points to it.
 *
 * @param checkout the project's root
 * @param chosen PARLEY_DATA, which goes before everything
 */
export function placeForData(checkout: string, chosen: string | undefined): string {
	if (chosen) return path.resolve(checkout, chosen);
	const own = path.join(checkout, '.data');
	if (process.getuid?.() !== 0) return own;
	const pointer = path.join(own, 'location');
	if (existsSync(pointer)) {
		const pointed = readFileSync(pointer, 'utf8').trim();
		if (path.isAbsolute(pointed)) return pointed; // also after the checkout was moved
	}
	const place = path.join(FOR_ROOT, createHash('sha256').update(checkout).digest('hex').slice(0, 12));
	try {
		mkdirSync(own, { recursive: true });
		writeFileSync(pointer, `${place}\n`);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new DatabaseError(
			`Cannot write to ${own} (${code}). Make it writable, or set PARLEY_DATA to another folder.`
		);
	}
	return place;
}
