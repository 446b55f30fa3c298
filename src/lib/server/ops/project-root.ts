import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, from the source as from the build: the folder above us that holds the migrations. */
export function projectRoot(from: string): string {
	for (let at = path.dirname(fileURLToPath(from)); ; at = path.dirname(at)) {
		if (existsSync(path.join(at, 'drizzle', 'meta', '_journal.json'))) return at;
		if (at === path.dirname(at))
			throw new Error('The folder drizzle/ is missing: Parley needs its migrations.');
	}
}
