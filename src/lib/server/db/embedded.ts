import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import postgres from 'postgres';
import { DatabaseError } from './database-error';
import {
	giveTo,
	isReachable,
	prepareBinaries,
	unprivilegedUser,
	type Binaries,
	type RunAs
} from './embedded-binaries';
import { takeLock } from './embedded-lock';
import { EMBEDDED_USER, embeddedUrl, passwordFile } from './embedded-url';
import { processCommand, processIdentity, sendSignal, until } from './embedded-process';

export type EmbeddedPostgres = {
	/** Ready to connect to: an empty database on the first start, the same one ever after. */
	url: string;
	pid: number;
	/** Settles when Postgres has ended, asked or not. */
	ended: Promise<void>;
	/** Ends it, waits for that, and gives the data folder back. May be called again. */
	stop(): Promise<void>;
};

export type EmbeddedOptions = {
	dataDir: string;
	log: (line: string) => void;
	/** Where other binaries than the embedded ones are to be used. */
	binaries?: Binaries;
	/** False gives up surviving a power cut, for databases that live as long as a test run. */
	durable?: boolean;
	/** More `name=value` settings. */
	settings?: string[];
};

const READY_WITHIN_MS = 60_000; // replaying what a crash left can take long
const STOP_WITHIN_MS = 10_000;

/**
 * Starts a Postgres of our own on `dataDir` and keeps it there between runs.
 *
 * It listens on 127.0.0.1 with a free port and a password of its own. It runs detached: in our process group a
 * Ctrl-C would reach it before us, and our last writes would fail. As root it runs as another user.
 *
 * @throws {DatabaseError} one line that says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
	const { dataDir, log, durable = true, settings = [] } = options;
	prepareFolder(dataDir);
	const unlock = takeLock(dataDir);
	try {
		const cluster = path.join(dataDir, 'postgres');
		const runAs = ownerOf(cluster) ?? unprivilegedUser();
		const binaries =
			options.binaries ?? prepareBinaries(dataDir, { copy: runAs && durable ? 'always' : 'when-needed' });
		await stopLeftover(cluster, log);
		if (!existsSync(cluster)) {
			log(`Making a new database in ${dataDir}`);
			await initCluster({ dataDir, cluster, binaries, runAs, durable });
		}
		const { pid, port, ended } = await launch({ dataDir, cluster, binaries, runAs, durable, settings });
		let stopping: Promise<void> | undefined;
		const stop = () => (stopping ??= end(pid, ended).finally(unlock));
		try {
			const url = await makeDatabase(port, readFileSync(passwordFile(cluster), 'utf8'));
			return { url, pid, ended, stop };
		} catch (error) {
			await stop();
			throw error;
		}
	} catch (error) {
		unlock();
		throw error;
	}
}

function prepareFolder(dataDir: string): void {
	try {
		mkdirSync(dataDir, { recursive: true });
		const probe = path.join(dataDir, `.writable.${process.pid}`);
		writeFileSync(probe, '');
		rmSync(probe);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new DatabaseError(
			`Cannot write to the data folder ${dataDir} (${code}). Make it writable, or set PARLEY_DATA to another folder.`
		);
	}
	if (process.getuid?.() === 0 && !isReachable(dataDir)) {
		throw new DatabaseError(
			`Started by root, Postgres runs as another user, who cannot reach ${dataDir}: a folder above it is private. Set PARLEY_DATA to another folder.`
		);
	}
}

/** Data that exists stays with whom it belongs to, also when a `postgres` user has been added since. */
function ownerOf(cluster: string): RunAs | null {
	if (process.getuid?.() !== 0 || !existsSync(cluster)) return null;
	const { uid, gid } = statSync(cluster);
	return { uid, gid };
}

type Cluster = {
	dataDir: string;
	cluster: string;
	binaries: Binaries;
	runAs: RunAs | null;
	durable: boolean;
};

/** Nothing of the caller's environment: a PGDATA or PGPORT there is meant for somebody else's Postgres. */
function spawnPostgres(
	run: Cluster,
	program: 'initdb' | 'postgres',
	args: string[],
	output: number
): ChildProcess {
	return spawn(path.join(run.binaries.bin, program), args, {
		...run.runAs,
		cwd: run.dataDir,
		env: { LC_ALL: 'C', TZ: 'UTC' },
		stdio: ['ignore', output, output],
		detached: true
	});
}

async function initCluster(run: Cluster): Promise<void> {
	for (const name of readdirSync(run.dataDir)) {
		if (name.startsWith('postgres.new'))
			rmSync(path.join(run.dataDir, name), { recursive: true, force: true });
	}
	const fresh = path.join(run.dataDir, `postgres.new.${process.pid}`);
	const handover = path.join(run.dataDir, `postgres.new.password.${process.pid}`);
	const password = randomBytes(24).toString('base64url');
	mkdirSync(fresh, { mode: 0o700 });
	writeFileSync(handover, password, { mode: 0o600 });
	giveTo(run.runAs, fresh);
	giveTo(run.runAs, handover);
	const log = path.join(run.dataDir, 'initdb.log');
	const output = openSync(log, 'w');
	try {
		const args = [
			'-D',
			fresh,
			'-U',
			EMBEDDED_USER,
			'-A',
			'scram-sha-256',
			`--pwfile=${handover}`,
			'-E',
			'UTF8'
		];
		if (!run.durable) args.push('--no-sync');
		const child = spawnPostgres(run, 'initdb', [...args, ...run.binaries.initArgs], output);
		const code = await new Promise<number | string | null>((resolve) => {
			child.once('error', (error) => resolve(error.message));
			child.once('exit', (status, signal) => resolve(status ?? signal));
		});
		if (code !== 0)
			throw new DatabaseError(`Could not make a database in ${run.dataDir}: ${lastWords(log, code)}`);
	} finally {
		closeSync(output);
		rmSync(handover, { force: true });
	}
	writeFileSync(passwordFile(fresh), password, { mode: 0o600 });
	giveTo(run.runAs, passwordFile(fresh));
	renameSync(fresh, run.cluster); // so a start that was cut short here leaves no half database
	rmSync(log, { force: true });
}

/** The line of a log that says why. */
function lastWords(log: string, code: number | string | null): string {
	const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
	const told = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1);
	return told?.replace(/^.*?(FATAL|PANIC|error): */, '') || `it ended with ${code}`;
}

/** The postmaster that `postmaster.pid` names, unless the number belongs to something else by now. */
function findLeftover(cluster: string): number | null {
	const file = path.join(cluster, 'postmaster.pid');
	if (!existsSync(file)) return null;
	const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
	const command = Number.isInteger(pid) && pid > 0 ? processCommand(pid) : null;
	if (command?.includes(cluster)) return pid;
	// Postgres would take whatever has that number now for a Postgres, even a process that has ended and was not yet
	// collected by its parent, and refuse to start. Children that still write it notices by their shared memory.
	rmSync(file, { force: true });
	return null;
}

/** An app that was killed leaves its Postgres running: nobody else may use the data, so it is stopped. */
async function stopLeftover(cluster: string, log: (line: string) => void): Promise<void> {
	const pid = findLeftover(cluster);
	if (pid === null) return;
	log('Stopping the Postgres that an earlier run left behind');
	const gone = () => processIdentity(pid) === null;
	for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
		sendSignal(pid, signal);
		if (await until(gone, STOP_WITHIN_MS)) return;
	}
	throw new DatabaseError(`A Postgres from an earlier run does not end (process ${pid}).`);
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});
}

/** Passes by itself: somebody took the port, or the last children of a killed Postgres are still ending. */
const PASSING = /could not bind|Address already in use|shared memory block .* in use/;

type Launched = { pid: number; port: number; ended: Promise<void> };

async function launch(run: Cluster & { settings: string[] }): Promise<Launched> {
	const log = path.join(run.dataDir, 'postgres.log');
	for (let attempt = 1; ; attempt++) {
		const port = await freePort();
		if (existsSync(log)) renameSync(log, `${log}.1`);
		const output = openSync(log, 'a', 0o600);
		const settings = [
			'listen_addresses=127.0.0.1',
			`port=${port}`,
			'unix_socket_directories=',
			...(run.durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
			...run.settings
		];
		const args = ['-D', run.cluster, ...settings.flatMap((setting) => ['-c', setting])];
		const child = spawnPostgres(run, 'postgres', args, output);
		closeSync(output);
		const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
		const outcome = await ready(run.cluster, child);
		if (outcome === 'ready' && child.pid) {
			child.unref(); // it must not keep us alive when everything else has ended
			return { pid: child.pid, port, ended };
		}
		const why = lastWords(log, outcome);
		if (attempt === 10 || !PASSING.test(readFileSync(log, 'utf8'))) {
			throw new DatabaseError(`The embedded Postgres did not start: ${why} (log: ${log})`);
		}
		await new Promise((resolve) => setTimeout(resolve, 300));
	}
}

/** Waits until `postmaster.pid` says "ready", in its eighth line. */
async function ready(cluster: string, child: ChildProcess): Promise<'ready' | string> {
	let ended: string | undefined;
	child.once('error', (error) => (ended = error.message));
	child.once('exit', (code, signal) => (ended = String(code ?? signal)));
	const isReady = () => {
		try {
			const lines = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
			return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready';
		} catch {
			return false; // not written yet
		}
	};
	const inTime = await until(() => ended !== undefined || isReady(), READY_WITHIN_MS);
	if (ended !== undefined) return ended;
	if (inTime) return 'ready';
	if (child.pid) sendSignal(child.pid, 'SIGQUIT');
	return `not ready after ${READY_WITHIN_MS / 1000} s`;
}

async function makeDatabase(port: number, password: string): Promise<string> {
	const sql = postgres(embeddedUrl(port, password, 'postgres'), { max: 1, onnotice: () => {} });
	try {
		const [found] = await sql`select 1 from pg_database where datname = ${EMBEDDED_USER}`;
		if (!found) await sql`create database ${sql(EMBEDDED_USER)}`;
	} finally {
		await sql.end({ timeout: 5 });
	}
	return embeddedUrl(port, password);
}

/** SIGINT is Postgres' fast shutdown: open transactions are rolled back, everything is written out. */
async function end(pid: number, ended: Promise<void>): Promise<void> {
	for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
		sendSignal(pid, signal);
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, STOP_WITHIN_MS, 'late')));
		const outcome = await Promise.race([ended, late]);
		clearTimeout(timer);
		if (outcome !== 'late') return;
	}
}
