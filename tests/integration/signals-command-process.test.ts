import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDb, type DbConnection } from '../../src/lib/server/db/client';
import { runSignals } from '../../src/lib/server/ops/signals-command';
import type { SignalsReport } from '../../src/lib/server/ops/signals-report';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { findPostmaster } from '../fixtures/embedded';
import { temporaryFolder } from '../fixtures/postgres';
import { startProgram, type Program } from '../fixtures/server';

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

type Ended = { code: number | NodeJS.Signals | null; stdout: string; stderr: string };

/** Runs what `npm run signals -- ARGS` runs. */
function signals(args: string[], env: Record<string, string>) {
	const { PATH = '', HOME = '' } = process.env;
	const child = spawn(process.execPath, [START, 'signals', ...args], { env: { PATH, HOME, ...env } });
	const said = { stdout: '', stderr: '' };
	child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk));
	child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk));
	const ended = new Promise<Ended>((resolve) => {
		child.once('close', (code, signal) => resolve({ code: code ?? signal, ...said }));
	});
	return { child, said, ended };
}

describe('beside the embedded Postgres', () => {
	let folder: string;
	let program: Program;
	const env = () => ({ PARLEY_DATA: path.join(folder, 'data') });

	beforeAll(async () => {
		folder = temporaryFolder('signals');
		program = startProgram(env());
		await program.url;
	});
	afterAll(async () => {
		await program.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('it finds the one that runs, looks, and leaves it as it was', async () => {
		const postmaster = findPostmaster(env().PARLEY_DATA);
		const [shown, json] = await Promise.all([signals([], env()).ended, signals(['--json'], env()).ended]);
		expect(shown).toMatchObject({ code: 0, stderr: '' });
		expect(shown.stdout).toContain('waiting  no signal');
		expect(shown.stdout).toContain('No signal in the last minute.');
		expect(json).toMatchObject({ code: 0, stderr: '' });
		expect((JSON.parse(json.stdout) as SignalsReport).waiting.count).toBe(0);
		expect(findPostmaster(env().PARLEY_DATA)).toBe(postmaster);
		expect((await fetch(`${await program.url}/readyz`)).status).toBe(200);
	});

	test('--watch --json is one object a line, and Ctrl-C ends it with 0', async () => {
		const { child, said, ended } = signals(['--watch', '--json'], env());
		await expect.poll(() => said.stdout.split('\n').length, { timeout: 15_000 }).toBeGreaterThan(2);
		child.kill('SIGINT');
		const { code, stdout, stderr } = await ended;
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		for (const line of stdout.trimEnd().split('\n')) {
			expect(JSON.parse(line)).toMatchObject({ v: 1, waiting: { count: 0 } });
		}
	});

	test('a reader that has seen enough is no error', async () => {
		const { child, ended } = signals(['--watch'], env());
		child.stdout.once('data', () => child.stdout.destroy());
		expect(await ended).toMatchObject({ code: 0, stderr: '' });
	});

	test('when it has ended: one line, exit code 1, and nothing is started or written', async () => {
		await program.stop();
		const before = readdirSync(env().PARLEY_DATA).sort();
		for (const args of [[], ['--watch'], ['--json']]) {
			const { code, stdout, stderr } = await signals(args, env()).ended;
			expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
			expect(stderr).toBe(
				`Parley is not running on the data in ${env().PARLEY_DATA}. Start it with npm start.\n`
			);
		}
		expect(readdirSync(env().PARLEY_DATA).sort()).toEqual(before);
		expect(findPostmaster(env().PARLEY_DATA)).toBeNull();
	});

	test('bad options: one line, and exit code 2', async () => {
		const { code, stdout, stderr } = await signals(['--limit', '-1'], env()).ended;
		expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
		expect(stderr.trimEnd().split('\n')).toHaveLength(1);
	});
});

describe('--watch', () => {
	let database: TestDatabase;
	/** By its name it is a server. */
	let server: DbConnection;
	const startServer = async () => {
		server = openDb(database.url);
		await server.sql`select 1`;
	};
	beforeAll(async () => {
		database = await testDatabase();
		await startServer();
	});
	afterAll(async () => {
		await server.close();
		await database.drop();
	});

	function watch(isTTY: boolean, rows = 24) {
		const stopping = new AbortController();
		const written: string[] = [];
		const complaints: string[] = [];
		const findDatabase = vi.fn(() => database.url);
		const ended = runSignals({
			args: isTTY ? ['--watch'] : ['--watch', '--json'],
			findDatabase,
			screen: { isTTY, columns: 80, rows, write: (text) => written.push(text) },
			complain: (line) => complaints.push(line),
			stop: stopping.signal
		});
		return { stop: () => stopping.abort(), ended, written, complaints, findDatabase };
	}

	test('on a screen it draws over what it drew, no higher than that is, and gives the screen back', async () => {
		const { stop, ended, written } = watch(true, 5);
		await expect.poll(() => written.length, { timeout: 10_000 }).toBeGreaterThan(2);
		stop();
		expect(await ended).toBe(0);
		const [other = '', ...drawn] = written;
		expect(other).toContain('\x1b[?1049h');
		expect(drawn.pop()).toContain('\x1b[?1049l');
		for (const text of drawn) {
			expect(text.startsWith('\x1b[H\x1b[J')).toBe(true);
			expect(text.split('\n').length).toBeLessThanOrEqual(4);
		}
	});

	test('a server that was seen and goes away is waited for, and looked for anew', async () => {
		const { stop, ended, written, complaints, findDatabase } = watch(false);
		await expect.poll(() => written.length, { timeout: 10_000 }).toBe(1);
		await server.close();
		await expect.poll(() => complaints.length, { timeout: 10_000 }).toBeGreaterThan(0);
		const seen = written.length;
		await startServer();
		await expect.poll(() => written.length, { timeout: 10_000 }).toBeGreaterThan(seen);
		stop();
		expect(await ended).toBe(0);
		expect(new Set(complaints)).toEqual(new Set(['No running Parley is connected to this database.']));
		expect(findDatabase.mock.calls.length).toBeGreaterThan(1);
	});
});
