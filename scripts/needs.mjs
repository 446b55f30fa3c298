// What the tests need from the machine beyond npm. As root on Debian or Ubuntu it is installed, elsewhere only looked for.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const MAY_START = '/usr/sbin/policy-rc.d';
const CREATE_CLUSTER = '/etc/postgresql-common/createcluster.conf';

/** Need -> where it is found, and the Debian package that brings it. */
const NEEDS = {
	chromium: {
		package: 'chromium',
		find: () =>
			['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((file) =>
				existsSync(file)
			)
	},
	'redis-server': {
		package: 'redis-server',
		find: () => spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
	},
	postgresql: {
		package: 'postgresql',
		find() {
			const versions = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES) : [];
			const debian = versions.some(
				(version) => Number(version) >= 15 && existsSync(path.join(DEBIAN_POSTGRES, version, 'bin', 'initdb'))
			);
			return debian || spawnSync('pg_config', ['--bindir'], { stdio: 'ignore' }).status === 0;
		}
	}
};

/** @typedef {keyof typeof NEEDS} Need */

/** @param {string[]} args @returns {string} what went wrong, or nothing */
function aptGet(args) {
	const options = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'Dpkg::Options::=--force-confold'];
	const { status, stderr } = spawnSync('apt-get', [...options, ...args], {
		encoding: 'utf8',
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
		stdio: ['ignore', 'ignore', 'pipe']
	});
	return status === 0 ? '' : (stderr?.trim().split('\n').at(-1) ?? '') || `apt-get ended with ${status}`;
}

/** The binaries are wanted, not daemons: without this file Debian starts what it installs. */
function withoutDaemons(/** @type {() => string} */ install) {
	if (existsSync(MAY_START)) return install();
	writeFileSync(MAY_START, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
	try {
		return install();
	} finally {
		rmSync(MAY_START, { force: true });
	}
}

/** Nor a database: without this file Debian makes one for its Postgres. */
function withoutCluster(/** @type {() => string} */ install) {
	if (existsSync(path.dirname(CREATE_CLUSTER))) return install();
	mkdirSync(path.dirname(CREATE_CLUSTER), { recursive: true });
	writeFileSync(CREATE_CLUSTER, 'create_main_cluster = false\n');
	try {
		return install();
	} finally {
		rmSync(CREATE_CLUSTER, { force: true });
	}
}

/**
 * @param {Need[]} wanted
 * @param {(line: string) => void} say
 * @returns {Map<Need, string>} what is missing still, and why
 */
export function provide(wanted, say) {
	const missing = wanted.filter((need) => !NEEDS[need].find());
	if (missing.length === 0) return new Map();
	let why = 'it is not installed';
	if (process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')) {
		const packages = missing.map((need) => NEEDS[need].package);
		say(`Installing ${packages.join(' and ')} (apt-get)`);
		const failed =
			aptGet(['update']) ||
			withoutDaemons(() =>
				withoutCluster(() => aptGet(['install', '-y', '--no-install-recommends', ...packages]))
			);
		if (failed) why = `installing it failed: ${failed}`;
	} else if (process.getuid?.() !== 0) why += ', and only root could install it';
	return new Map(missing.filter((need) => !NEEDS[need].find()).map((need) => [need, why]));
}
