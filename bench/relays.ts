import path from 'node:path';
import { addPeople, type BenchDatabase, type BenchPerson, type ProductDatabase } from './database';
import type { DialectName } from './dialects';
import { benchProgram, ROOT, startProgram, type Program } from './programs';

/** Who is measured. `durable`: what it has acknowledged, or passed on, survives a crash. */
export type RelaySpec = { name: string; durable: boolean } & (
	| { dialect: Exclude<DialectName, 'postgres' | 'parley'>; start: (plainUrl: string) => Promise<Program> }
	/** The product, as that checkout has built it. */
	| { dialect: 'parley'; root: string }
	/** No server of ours: the load goes to Postgres itself. */
	| { dialect: 'postgres' }
);

const startRelay = (name: string, env?: Record<string, string>) => startProgram(benchProgram(name), env);

export const PARLEY = 'Parley';
export const TRPC_MEMORY = 'tRPC, in memory';
export const RAW_WS = 'ws';
export const ONE_INSERT = 'one-row insert alone';

const RELAYS: RelaySpec[] = [
	{ name: RAW_WS, dialect: 'ws', durable: false, start: () => startRelay('ws-relay') },
	{ name: 'socket.io', dialect: 'socket.io', durable: false, start: () => startRelay('socket-io-relay') },
	{ name: 'PeerJS server', dialect: 'peerjs', durable: false, start: () => startRelay('peerjs-relay') },
	{ name: TRPC_MEMORY, dialect: 'trpc', durable: false, start: () => startRelay('trpc-relay') },
	{
		name: 'tRPC, one insert each',
		dialect: 'trpc',
		durable: true,
		start: (plainUrl) => startRelay('trpc-relay', { DATABASE_URL: plainUrl })
	},
	{ name: ONE_INSERT, dialect: 'postgres', durable: true },
	{ name: PARLEY, dialect: 'parley', durable: true, root: ROOT }
];

/** @param against another checkout of the product with a build, to be measured beside this one */
export function listRelays(against: string | null): RelaySpec[] {
	if (against === null) return RELAYS;
	return [...RELAYS, { name: `${PARLEY} of --against`, dialect: 'parley', durable: true, root: against }];
}

/** The built product, as an operator runs it. */
export async function startParley(root: string, { url }: ProductDatabase): Promise<Program> {
	const program = await startProgram(
		path.join(root, 'build', 'parley.js'),
		{
			PORT: '0',
			HOST: '127.0.0.1',
			LOG_LEVEL: 'error',
			STUN_URLS: 'none',
			DATABASE_URL: url,
			PARLEY_LIMITS: '100000' // one client here sends for a thousand
		},
		/^Parley is at (\S+)$/m
	);
	return { ...program, url: program.url.replace(/^http/, 'ws') };
}

/** A relay that runs, with a load generator of its own beside it. */
export type RunningRelay = {
	spec: RelaySpec;
	server: Program | null;
	load: Program;
	stop(): Promise<void>;
};

/** @param people how many pairs and idle clients will need of them */
export async function startRelayWithLoad(
	spec: RelaySpec,
	database: BenchDatabase,
	people: number
): Promise<RunningRelay> {
	const { server, url, crowd } = await startServer(spec, database, people);
	try {
		const load = await startProgram(benchProgram('relay-load'));
		await load.command({ type: 'begin', dialect: spec.dialect, url, people: crowd });
		return {
			spec,
			server,
			load,
			async stop() {
				await load.stop();
				await server?.stop();
			}
		};
	} catch (error) {
		await server?.stop();
		throw error;
	}
}

async function startServer(
	spec: RelaySpec,
	database: BenchDatabase,
	people: number
): Promise<{ server: Program | null; url: string; crowd: BenchPerson[] }> {
	if (spec.dialect === 'postgres') return { server: null, url: database.plainUrl, crowd: [] };
	if (spec.dialect !== 'parley') {
		const server = await spec.start(database.plainUrl);
		return { server, url: server.url, crowd: [] };
	}
	const own = await database.addProduct(spec.root);
	const crowd = await addPeople(own.sql, people);
	const server = await startParley(spec.root, own);
	return { server, url: server.url, crowd };
}
