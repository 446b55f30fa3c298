import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/lib/server/db/embedded';
import { ask, findPostmaster, isRunning, killFamily } from '../fixtures/embedded';
import { temporaryFolder } from '../fixtures/postgres';

const asRoot = process.getuid?.() === 0;
let said: string[] = [];
let running: EmbeddedPostgres | undefined;

beforeEach(() => void (said = []));
afterEach(() => running?.stop());

async function start(dataDir: string, settings: string[] = []): Promise<EmbeddedPostgres> {
	running = await startEmbeddedPostgres({
		dataDir,
		log: (line) => said.push(line),
		durable: false,
		settings
	});
	return running;
}

async function failure(attempt: Promise<unknown>): Promise<string> {
	const error: unknown = await attempt.then(
		() => 'it started',
		(error: unknown) => error
	);
	expect(error).toMatchObject({ name: 'DatabaseError' });
	return (error as Error).message;
}

describe('on data that is kept', () => {
	let dataDir: string;
	beforeAll(async () => {
		dataDir = temporaryFolder('embedded');
		await start(dataDir);
		await ask(dataDir, 'create table kept as select 42 as n');
		await running?.stop();
	});
	afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

	const kept = () => ask<{ n: number }>(dataDir, 'select n from kept');

	test('it ends when told, twice is once, and the next start finds the data', async () => {
		const { pid, stop } = await start(dataDir);
		expect(await kept()).toEqual([{ n: 42 }]);
		await Promise.all([stop(), stop()]);
		expect(isRunning(pid)).toBe(false);
		await start(dataDir);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test('it runs as an ordinary user, and its files are private', async () => {
		const { pid } = await start(dataDir);
		expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
		expect(statSync(path.join(dataDir, 'postgres')).mode & 0o077).toBe(0);
		expect(statSync(path.join(dataDir, 'postgres', 'parley.password')).mode & 0o077).toBe(0);
	});

	test('it listens on this machine only, and wants its password', async () => {
		const { url } = await start(dataDir);
		expect(new URL(url).hostname).toBe('127.0.0.1');
		expect(await ask(dataDir, `show listen_addresses`)).toEqual([{ listen_addresses: '127.0.0.1' }]);
		const methods = await ask<{ auth_method: string }>(
			dataDir,
			'select distinct auth_method from pg_hba_file_rules'
		);
		expect(methods).toEqual([{ auth_method: 'scram-sha-256' }]);
	});

	test('it recovers after a kill -9 of all of Postgres', async () => {
		const { pid, ended } = await start(dataDir);
		await ask(dataDir, 'update kept set n = n');
		killFamily(pid);
		await ended;
		await running?.stop();
		await start(dataDir);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test('a second instance on the same data is refused, the first goes on', async () => {
		await start(dataDir);
		expect(await failure(startEmbeddedPostgres({ dataDir, log: () => {} }))).toMatch(
			/already running on this data/
		);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test.each([
		['of a process that is gone', { pid: 2 ** 22 + 1, identity: 'x' }],
		['whose number belongs to another process now', { pid: process.pid, identity: 'an earlier one' }]
	])('a lock left behind, %s, is stale', async (_title, holder) => {
		writeFileSync(path.join(dataDir, 'lock'), JSON.stringify(holder));
		await start(dataDir);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test('a postmaster.pid that names another living program is no obstacle', async () => {
		writeFileSync(
			path.join(dataDir, 'postgres', 'postmaster.pid'),
			`${process.pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n`
		);
		await start(dataDir);
		expect(await kept()).toEqual([{ n: 42 }]);
		expect(isRunning(process.pid)).toBe(true);
	});

	test('a start that Postgres refuses tells its reason and leaves nothing', async () => {
		const told = await failure(start(dataDir, ['max_connections=nonsense']));
		expect(told).toMatch(/did not start: .*max_connections/);
		expect(told).not.toContain('\n');
		expect(findPostmaster(dataDir)).toBeNull();
		expect(existsSync(path.join(dataDir, 'lock'))).toBe(false);
	});
});

describe('where it cannot be', () => {
	let folder: string;
	beforeEach(() => void (folder = temporaryFolder('nowhere')));
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	test('a folder that cannot be written', async () => {
		writeFileSync(path.join(folder, 'file'), '');
		expect(await failure(start(path.join(folder, 'file', 'data')))).toMatch(
			/Cannot write to the data folder/
		);
	});

	test.runIf(asRoot)('as root, below a private folder', async () => {
		chmodSync(folder, 0o700);
		expect(await failure(start(path.join(folder, 'data')))).toMatch(/cannot reach/);
	});

	test('an initdb that fails leaves no half database, and the next start makes a whole one', async () => {
		const bin = path.join(folder, 'bin');
		mkdirSync(bin);
		writeFileSync(path.join(bin, 'initdb'), '#!/bin/sh\necho "initdb: error: out of luck" >&2\nexit 1\n', {
			mode: 0o755
		});
		const dataDir = path.join(folder, 'data');
		const told = await failure(
			startEmbeddedPostgres({ dataDir, log: () => {}, binaries: { bin, initArgs: [] } })
		);
		expect(told).toContain('out of luck');
		expect(existsSync(path.join(dataDir, 'postgres'))).toBe(false);
		await start(dataDir);
		expect(readFileSync(path.join(dataDir, 'postgres', 'PG_VERSION'), 'utf8')).toMatch(/^18/);
	});
});
