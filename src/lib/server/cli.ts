import path from 'node:path';
import postgres from 'postgres';
import { createAccounts } from './auth/accounts';
import { createMemoryBus } from './bus/memory';
import { checkBus } from './bus/open-bus';
import { openDb } from './db/client';
import { openDatabase } from './db/database';
import { findEmbedded } from './db/embedded-url';
import { placeForData } from './db/embedded-place';
import { lockHolder } from './db/embedded-lock';
import { readEnv, type Env } from './env';
import { projectRoot } from './ops/project-root';
import { runSignals } from './ops/signals-command';
import { createIce } from './ice/ice';
import { parseTurnUrl } from './ice/ice-urls';
import { checkTurn } from './ice/turn-check';

const COMMANDS = ['migrate', 'doctor', 'signals', 'deactivate'];

const say = (line: string) => console.log(line);
const root = projectRoot(import.meta.url);

/** Brings the database up to date without serving: before an update of several servers. */
async function migrate(env: Env): Promise<void> {
	const database = await openDatabase({ ...env, root, log: say });
	await database.stop();
	say('The database is up to date.');
}

/** Says what is well and what is not. Changes nothing. */
async function doctor(env: Env): Promise<boolean> {
	const origin = new URL(env.origin);
	const secure = origin.protocol === 'https:' || /^(localhost|127\.|\[::1\])/.test(origin.hostname);
	const checks: [ok: boolean, line: string][] = [
		[true, `Node ${process.versions.node} on ${process.platform} ${process.arch}`],
		[secure, `${env.origin}${secure ? '' : ' is plain http: browsers give no camera or microphone there'}`],
		...(await tryTurn(env)),
		await checkDatabase(env),
		await tryBus(env)
	];
	for (const [ok, line] of checks) say(`${ok ? 'ok  ' : 'BAD '} ${line}`);
	return checks.every(([ok]) => ok);
}

async function checkDatabase(env: Env): Promise<[ok: boolean, line: string]> {
	if (!env.databaseUrl) {
		const place = placeForData(root, env.dataDir);
		const holder = lockHolder(place);
		return [
			true,
			`embedded Postgres, data in ${place}, ${holder ? `in use by process ${holder}` : 'not running'}`
		];
	}
	const host = new URL(env.databaseUrl).host;
	const sql = postgres(env.databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
	try {
		const [row] = await sql<
			{ version: number }[]
		>`select current_setting('server_version_num')::int as version`;
		const major = Math.floor((row?.version ?? 0) / 10_000);
		return [major >= 15, `Postgres ${major} at ${host}${major >= 15 ? '' : ': Parley needs 15 or newer'}`];
	} catch (error) {
		const { message, code } = error as { message?: string; code?: string };
		return [false, `no database at ${host}: ${message || code}`];
	} finally {
		await sql.end({ timeout: 2 });
	}
}

/** By every URL that browsers are given, as they would, one at a time. */
async function tryTurn(env: Env): Promise<[ok: boolean, line: string][]> {
	const checks: [ok: boolean, line: string][] = [];
	for (const { urls, username, credential } of createIce(env).servers('doctor').iceServers) {
		if (username === undefined || credential === undefined) continue;
		for (const url of urls) {
			const address = parseTurnUrl(url);
			if (!address) continue;
			const trouble = await checkTurn(address, { username, credential });
			checks.push([trouble === null, `${url} ${trouble === null ? 'relays' : `does not do: ${trouble}`}`]);
		}
	}
	if (checks.length > 0) return checks;
	return [[true, 'no TURN_URLS: calls between strict networks fail, and nobody can hide their address']];
}

async function tryBus({ bus }: Env): Promise<[ok: boolean, line: string]> {
	if (bus.kind === 'memory') return [true, 'no bus to other servers: this one serves alone'];
	const where = `bus to other servers: ${bus.kind} at ${new URL(bus.url).host}`;
	try {
		await checkBus(bus);
		return [true, where];
	} catch (error) {
		const { message, code } = error as { message?: string; code?: string };
		return [false, `${where}: ${message || code}`];
	}
}

/** Shows what waits in the mailboxes of the server that runs. Changes nothing. */
async function signals(env: Env, args: string[]): Promise<number> {
	const stopping = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
	// Whoever read us, `head` for example, has seen enough.
	process.stdout.on('error', () => process.exit(0));
	return runSignals({
		args,
		findDatabase: () => env.databaseUrl ?? findEmbedded(placeForData(root, env.dataDir)),
		screen: process.stdout,
		complain: (line) => console.error(line),
		stop: stopping.signal
	});
}

/** Signs somebody out everywhere, for good. Servers that run hear of it within two seconds. */
async function deactivate(env: Env, username: string | undefined): Promise<number> {
	if (!username) {
		console.error('usage: node scripts/start.mjs deactivate USERNAME');
		return 2;
	}
	const connection = openDb(env.databaseUrl ?? findEmbedded(placeForData(root, env.dataDir)));
	try {
		await createAccounts({ db: connection.db, bus: createMemoryBus() }).deactivate(username);
		say(`${username} is signed out everywhere and cannot sign in any more.`);
		return 0;
	} finally {
		await connection.close();
	}
}

async function run(command: string | undefined): Promise<number> {
	if (command === undefined || !COMMANDS.includes(command)) {
		console.error(`usage: node ${path.basename(process.argv[1] ?? 'cli.js')} ${COMMANDS.join(' | ')}`);
		return 2;
	}
	try {
		const env = readEnv(process.env);
		if (command === 'signals') return await signals(env, process.argv.slice(3));
		if (command === 'deactivate') return await deactivate(env, process.argv[3]);
		if (command === 'doctor') return (await doctor(env)) ? 0 : 1;
		await migrate(env);
		return 0;
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		return 1;
	}
}

process.exitCode = await run(process.argv[2]);
