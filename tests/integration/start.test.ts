import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/lib/server/db/embedded';
import { isReachable } from '../../src/lib/server/db/embedded-binaries';
import { ask, findPostmaster, isRunning, killFamily } from '../fixtures/embedded';
import { temporaryFolder } from '../fixtures/postgres';
import { startProgram, type Program } from '../fixtures/server';

const asRoot = process.getuid?.() === 0;
const NOBODY = 65534;

let folder: string;
const programs: Program[] = [];
beforeAll(() => void (folder = temporaryFolder('start')));
afterEach(async () => {
	await Promise.all(programs.splice(0).map((program) => program.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(env: Record<string, string>, command?: string[], file?: string): Program {
	const program = startProgram(env, command, file);
	programs.push(program);
	return program;
}

/** The built program where any user can read it: a checkout below a private folder of root is copied. */
function readableProgram(): string {
	const checkout = fileURLToPath(new URL('../..', import.meta.url));
	if (isReachable(checkout)) return path.join(checkout, 'build', 'parley.js');
	const copy = path.join(folder, 'checkout');
	mkdirSync(copy);
	for (const part of ['build', 'drizzle', 'package.json', 'node_modules']) {
		// Links where the file system allows them: node_modules is large.
		const from = path.join(checkout, part);
		const linked = spawnSync('cp', ['-al', from, copy]).status === 0;
		if (!linked) expect(spawnSync('cp', ['-a', from, copy]).status).toBe(0);
	}
	return path.join(copy, 'build', 'parley.js');
}

const status = async (url: string) => (await fetch(url)).status;
const complaints = (program: Program) =>
	program
		.output()
		.split('\n')
		.filter((line) => line.startsWith('Parley did not start'));

describe('with an embedded Postgres', () => {
	const dataDir = () => path.join(folder, 'kept');
	const kept = () => ask<{ n: number }>(dataDir(), 'select n from kept');

	test('it serves, and SIGTERM, also a second one, ends it and its Postgres', async () => {
		const program = start({ PARLEY_DATA: dataDir() });
		const url = await program.url;
		expect(program.output()).toContain(dataDir());
		expect(program.output().trimEnd().split('\n').at(-1)).toBe(`Parley is at ${url}`);
		expect(await Promise.all(['/healthz', '/readyz', '/login'].map((at) => status(url + at)))).toEqual([
			200, 200, 200
		]);
		await ask(dataDir(), 'create table kept as select 42 as n');
		const postmaster = findPostmaster(dataDir());
		process.kill(program.pid, 'SIGTERM');
		process.kill(program.pid, 'SIGINT');
		expect(await program.ended).toBe(0);
		expect(isRunning(postmaster ?? 0)).toBe(false);
	});

	test('the next start finds the data; a second instance on it is one line', async () => {
		const first = start({ PARLEY_DATA: dataDir() });
		await first.url;
		const second = start({ PARLEY_DATA: dataDir() });
		expect(await second.ended).toBe(1);
		expect(complaints(second)).toEqual([expect.stringContaining('already running on this data')]);
		expect(await status(`${await first.url}/readyz`)).toBe(200);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test.each(['the app alone', 'everything'])('it recovers after a kill -9 of %s', async (what) => {
		const first = start({ PARLEY_DATA: dataDir() });
		await first.url;
		const postmaster = findPostmaster(dataDir()) ?? 0;
		if (what === 'everything') killFamily(first.pid);
		else process.kill(first.pid, 'SIGKILL');
		await first.ended;
		await expect.poll(() => isRunning(postmaster), { timeout: 10_000 }).toBe(what !== 'everything');

		const second = start({ PARLEY_DATA: dataDir() });
		await second.url;
		expect(isRunning(postmaster)).toBe(false);
		expect(await kept()).toEqual([{ n: 42 }]);
	});

	test('when Postgres dies under it, it ends and says so', async () => {
		const program = start({ PARLEY_DATA: dataDir(), LOG_LEVEL: 'fatal' });
		await program.url;
		process.kill(findPostmaster(dataDir()) ?? 0, 'SIGQUIT');
		expect(await program.ended).toBe(1);
		expect(program.output()).toContain('Postgres has ended');
	});

	test('a SIGTERM in the middle of the start leaves no Postgres', async () => {
		const fresh = path.join(folder, 'stopped');
		const program = start({ PARLEY_DATA: fresh });
		await expect
			.poll(() => program.output(), { interval: 5, timeout: 10_000 })
			.toContain('Making a new database');
		await program.stop();
		expect(program.output()).not.toContain('Parley is at');
		expect(findPostmaster(fresh)).toBeNull();
	});

	test('a start that fails half-way is one line and leaves no Postgres', async () => {
		const broken = path.join(folder, 'broken');
		const server = await startEmbeddedPostgres({ dataDir: broken, log: () => {}, durable: false });
		await ask(broken, 'create table users (id int)'); // in the way of the first migration
		await server.stop();
		const program = start({ PARLEY_DATA: broken });
		expect(await program.ended).toBe(1);
		expect(complaints(program)).toEqual([expect.stringContaining('A migration failed')]);
		expect(findPostmaster(broken)).toBeNull();
	});

	test.runIf(asRoot)('an ordinary user starts it too', async () => {
		const own = path.join(folder, 'own');
		mkdirSync(own);
		chownSync(own, NOBODY, NOBODY);
		const command = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
		const program = start({ PARLEY_DATA: own }, [...command, process.execPath], readableProgram());
		expect(await status(`${await program.url}/login`)).toBe(200);
		expect(spawnSync('stat', ['-c', '%u', `/proc/${findPostmaster(own)}`], { encoding: 'utf8' }).stdout).toBe(
			`${NOBODY}\n`
		);
		expect(await program.stop()).toBe(0);
	});
});

describe('what cannot start says why in one line', () => {
	test('a busy port', async () => {
		const busy = createServer().listen(0);
		const { port } = busy.address() as AddressInfo;
		const program = start({ PORT: String(port), PARLEY_DATA: path.join(folder, 'kept') });
		expect(await program.ended).toBe(1);
		expect(complaints(program)).toEqual([expect.stringContaining(`Port ${port} is in use`)]);
		busy.close();
	});

	test.each([
		['a wrong DATABASE_URL', { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/b' }, /127\.0\.0\.1:1/],
		['a DATABASE_URL that is none', { DATABASE_URL: 'mysql://x' }, /DATABASE_URL/],
		['an unwritable folder', { PARLEY_DATA: '/dev/null/data' }, /Cannot write to the data folder/]
	])('%s', async (_title, env, told) => {
		const program = start(env);
		expect(await program.ended).toBe(1);
		expect(complaints(program)).toEqual([expect.stringMatching(told)]);
		expect(program.output()).not.toContain('secret');
		expect(program.output().trim().split('\n')).toHaveLength(1);
	});
});

test('on plain http off localhost it says what that costs', async () => {
	const program = start({ PARLEY_DATA: path.join(folder, 'kept'), ORIGIN: 'http://parley.example' });
	await program.url;
	expect(program.output()).toMatch(/camera.*https/);
});
