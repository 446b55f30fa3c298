import path from 'node:path';
import { createServerModuleRunner, type ViteDevServer } from 'vite';
import { openDatabase, type Database } from './db/database';
import { sendSignal } from './db/embedded-process';
import { readEnv, type Env } from './env';
import { createHealth } from './ops/health';
import { createLogger } from './ops/log';
import type { DbConnection, openDb } from './db/client';
import type { Parley, publishParley } from './trpc/parley';
import type { wire } from './wire';

type Wired = { parley: Parley; connection: DbConnection; close(): Promise<void> };

const SERVER_CODE = ['src/lib/server', 'src/lib/call/core'];
const REWIRE_AFTER_MS = 150;

// A change of vite.config.ts makes a new dev server in this process before it ends the old one: both use one database.
const SHARED = Symbol.for('parley.dev-database');
type Shared = { [SHARED]?: Promise<Database> };

function sharedDatabase(env: Env, root: string): Promise<Database> {
	return ((globalThis as Shared)[SHARED] ??= openDatabase({ ...env, root, log: console.log }).then(
		(database) => {
			// Synchronous on purpose: Vite ends the process itself. Postgres then ends on its own, and a next start waits for it.
			process.on('exit', () => database.pid && sendSignal(database.pid, 'SIGINT'));
			process.once('SIGINT', () => process.exit(130));
			process.once('SIGHUP', () => process.exit(129));
			return database;
		}
	));
}

async function wireOnce(server: ViteDevServer, env: Env): Promise<Wired> {
	const { root } = server.config;
	const { url } = await sharedDatabase(env, root);
	// A runner per wiring, so that no module of the one before lives on.
	const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
	const load = <T>(file: string) => runner.import<T>(path.join(root, 'src/lib/server', file));
	const { openDb: open } = await load<{ openDb: typeof openDb }>('db/client.ts');
	const { wire: compose } = await load<{ wire: typeof wire }>('wire.ts');
	const { publishParley: publish } = await load<{ publishParley: typeof publishParley }>('trpc/parley.ts');
	const connection = open(url);
	const parley = await compose({ env, connection, log: createLogger(env.logLevel) });
	publish(parley);
	return {
		parley,
		connection,
		async close() {
			await parley.close();
			await connection.close();
			await runner.close();
		}
	};
}

/**
 * Runs the product inside `vite dev`, with the same upgrade function as in production. A change of server code closes
 * the product and wires a new one; sockets come back by themselves.
 */
export function runInDev(server: ViteDevServer): void {
	const env = readEnv(process.env);
	const { root, logger } = server.config;
	function report(error: unknown): void {
		const told = error instanceof Error && error.name === 'DatabaseError';
		logger.error(
			told ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
		);
	}

	let current = wireOnce(server, env);
	current.catch(report);

	const handleHealth = createHealth({
		isReady: () => true,
		ping: async () => (await current).connection.sql`select 1`
	});
	server.middlewares.use((request, response, next) => {
		if (handleHealth(request, response)) return;
		current.then(() => next(), next); // nobody is answered by half a product
	});
	server.httpServer?.on('upgrade', (request, socket, head) => {
		if (request.url?.split('?')[0] !== '/trpc') return; // Vite's own socket
		current.then(
			({ parley }) => parley.handleUpgrade(request, socket, head),
			() => socket.destroy()
		);
	});

	async function wireAnew(before: Promise<Wired>): Promise<Wired> {
		const wired = await before.catch(() => null); // it never came up: nothing to close
		await wired?.close();
		return wireOnce(server, env);
	}

	let timer: NodeJS.Timeout | undefined;
	server.watcher.on('all', (_event, file) => {
		const relative = path.relative(root, file);
		const ours = SERVER_CODE.some((folder) => relative.startsWith(folder + path.sep));
		if (!ours || relative.endsWith('.test.ts')) return;
		clearTimeout(timer);
		timer = setTimeout(() => {
			current = wireAnew(current);
			current.then(() => logger.info('server code changed: wired anew', { timestamp: true }), report);
		}, REWIRE_AFTER_MS);
	});
	server.httpServer?.once('close', () => {
		clearTimeout(timer);
		void current.then((wired) => wired.close()).catch(report);
	});
}
