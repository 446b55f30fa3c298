// What the tests need from the machine beyond npm. As root on Debian or Ubuntu it is installed, elsewhere only looked for.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const MAY_START = '/usr/sbin/policy-rc.d';
const CREATE_CLUSTER = '/etc/postgresql-common/createcluster.conf';

/** Whether a network of one's own can be made here, and what passes through it be decided. */
function canMakeNetworks() {
	const name = `parley-${process.pid}-need`;
	const does = (/** @type {string[]} */ ...args) => spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
	const rules = ['nft', 'add table ip nat; add chain ip nat x { type nat hook postrouting priority 100; }'];
	const can =
		does('netns', 'add', name) &&
		does('-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'other') &&
		does('-n', name, 'link', 'add', 'three', 'type', 'bridge') &&
		does('netns', 'exec', name, ...rules);
	does('netns', 'del', name);
	return can;
}

/** Need -> where it is found, and the Debian package that brings it; null: none does, and why it may be missing. */
const NEEDS = {
	chromium: {
		package: 'chromium',
		find: () =>
			['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((file) =>
				existsSync(file)
			)
	},
	'chromium-headless-shell': {
		package: 'chromium-headless-shell',
		find: () => existsSync('/usr/lib/chromium/chromium-headless-shell')
	},
	firefox: {
		package: 'firefox-esr',
		find: () => ['/usr/bin/firefox-esr', '/usr/bin/firefox'].some((file) => existsSync(file))
	},
	'redis-server': {
		package: 'redis-server',
		find: () => spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
	},
	turnserver: {
		package: 'coturn',
		find: () => spawnSync('turnserver', ['--version'], { stdio: 'ignore' }).error === undefined
	},
	openssl: {
		package: 'openssl',
		find: () => spawnSync('openssl', ['version'], { stdio: 'ignore' }).error === undefined
	},
	ip: {
		package: 'iproute2',
		find: () => spawnSync('ip', ['-V'], { stdio: 'ignore' }).status === 0
	},
	nft: {
		package: 'nftables',
		find: () => spawnSync('nft', ['--version'], { stdio: 'ignore' }).status === 0
	},
	namespaces: { package: null, find: canMakeNetworks },
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

/** Cheaper to run, see tests/fixtures/chromium.ts. Where there is no such package the other one does all. */
const isExtra = (/** @type {Need} */ need) => need === 'chromium-headless-shell';

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

/** Brings the lists up to date, and then what of these is in them. @param {Need[]} needs @returns {string} what went wrong, or nothing */
function install(needs) {
	const failed = aptGet(['update']);
	if (failed) return failed;
	const packages = needs
		.filter(
			(need) => !isExtra(need) || spawnSync('apt-cache', ['show', need], { stdio: 'ignore' }).status === 0
		)
		.map((need) => NEEDS[need].package)
		.filter((name) => name !== null);
	return withoutDaemons(() =>
		withoutCluster(() => aptGet(['install', '-y', '--no-install-recommends', ...packages]))
	);
}

/**
 * @param {Need[]} wanted
 * @param {(line: string) => void} say
 * @returns {Map<Need, string>} what is missing still, and why
 */
export function provide(wanted, say) {
	const missing = wanted.filter((need) => !NEEDS[need].find());
	const packaged = missing.filter((need) => NEEDS[need].package);
	let why = 'it is not installed';
	if (
		packaged.length > 0 &&
		process.getuid?.() === 0 &&
		existsSync('/etc/debian_version') &&
		existsSync('/usr/bin/apt-get')
	) {
		say(`Installing ${packaged.map((need) => NEEDS[need].package).join(' and ')} (apt-get)`);
		const failed = install(packaged);
		if (failed) why = `installing it failed: ${failed}`;
	} else if (process.getuid?.() !== 0) why += ', and only root could install it';
	const whyMissing = (/** @type {Need} */ need) =>
		NEEDS[need].package ? why : 'only root may make networks, and not on every machine';
	return new Map(
		missing.filter((need) => !isExtra(need) && !NEEDS[need].find()).map((need) => [need, whyMissing(need)])
	);
}
