import { setTimeout as pause } from 'node:timers/promises';
import { assertNever } from '../../src/lib/call/core/step';
import type { TcpProxy } from '../fixtures/tcp-proxy';
import type { AppServer } from './app-server';
import type { World } from './world';

type Kill =
	| 'server killed'
	| 'server told to end'
	| 'postgres killed'
	| 'redis killed'
	| 'backend terminated'
	| 'listener terminated';

/** A start is met by a kill so often; otherwise what was killed is given the time to serve again. */
const KILLED_WHILE_STARTING = 0.15;
const SERVES_FOR_MS = 2_000;
const LONGEST_REDIS_OUTAGE_MS = 3_000;

/** Since when a killed process is back. */
const backSince = new WeakMap<object, number>();
const restarting = new WeakMap<World, Set<'postgres' | 'redis'>>();

const isRestarting = (world: World, which: 'postgres' | 'redis') =>
	restarting.get(world)?.has(which) ?? false;

export const isPostgresUp = (world: World) => !isRestarting(world, 'postgres');

/** Faults that end something in the middle of its work. @returns whether it was done */
export async function performKill(
	world: World,
	kind: Kill,
	server: AppServer,
	strength: number
): Promise<boolean> {
	switch (kind) {
		case 'server killed':
			return (server.upForMs > SERVES_FOR_MS || strength < KILLED_WHILE_STARTING) && server.kill();
		case 'server told to end':
			return server.end();
		case 'postgres killed':
			return killAndStartAgain(world, 'postgres', 0);
		case 'redis killed':
			return killAndStartAgain(world, 'redis', strength * LONGEST_REDIS_OUTAGE_MS);
		case 'backend terminated':
			return terminateBackend(world, 'parley');
		case 'listener terminated':
			return terminateBackend(world, LISTENER);
		default:
			return assertNever(kind);
	}
}

/** What the Postgres bus calls its own connections. */
const LISTENER = 'parley bus';

async function killAndStartAgain(
	world: World,
	which: 'postgres' | 'redis',
	outageMs: number
): Promise<boolean> {
	const process = world[which];
	if (!process || isRestarting(world, which)) return false;
	if (performance.now() - (backSince.get(process) ?? 0) < SERVES_FOR_MS) return false;
	const busy = restarting.get(world) ?? new Set();
	restarting.set(world, busy.add(which));
	await process.kill();
	void pause(outageMs)
		.then(() => process.startAgain())
		.then(
			() => {
				busy.delete(which);
				backSince.set(process, performance.now());
			},
			(error: unknown) => world.complain(`${which} did not start again: ${String(error)}`)
		);
	return true;
}

/** One connection of a server, from within Postgres: what runs on it fails, or was committed a moment before. */
async function terminateBackend(world: World, name: string): Promise<boolean> {
	const rows = await askIfUp<{ done: boolean }>(
		world,
		`select pg_terminate_backend(pid) as done from pg_stat_activity
		where application_name = '${name}' order by random() limit 1`
	);
	return rows[0]?.done ?? false;
}

/** The port from which this network reaches Postgres for the bus of its server. */
export async function findListenerPort(world: World, network: TcpProxy): Promise<number | null> {
	const rows = await askIfUp<{ port: number }>(
		world,
		`select client_port as port from pg_stat_activity where application_name = '${LISTENER}'`
	);
	return rows.map(({ port }) => port).find((port) => network.ports().includes(port)) ?? null;
}

async function askIfUp<Row extends object>(world: World, query: string): Promise<Row[]> {
	if (isRestarting(world, 'postgres')) return [];
	// Killed meanwhile: there is nothing to terminate any more.
	return world.ask(async (sql) => [...(await sql.unsafe<Row[]>(query))]).catch(() => []);
}
