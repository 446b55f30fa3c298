import { addPeople, type BenchDatabase } from './database';
import type { DialectName } from './dialects';
import { benchProgram, PRODUCT, startProgram, type Program } from './programs';

/** Who is measured. `durable`: what it has acknowledged, or passed on, survives a crash. */
export type RelaySpec = {
	name: string;
	dialect: DialectName;
	durable: boolean;
	/** null: no server of ours, the load goes to Postgres itself. */
	start: ((database: BenchDatabase) => Promise<Program>) | null;
};

const startRelay = (name: string, env?: Record<string, string>) => startProgram(benchProgram(name), env);

export const PARLEY = 'Parley';
export const TRPC_MEMORY = 'tRPC, in memory';
export const RAW_WS = 'ws';
export const ONE_INSERT = 'one-row insert alone';

export const RELAYS: RelaySpec[] = [
	{ name: RAW_WS, dialect: 'ws', durable: false, start: () => startRelay('ws-relay') },
	{ name: 'socket.io', dialect: 'socket.io', durable: false, start: () => startRelay('socket-io-relay') },
	{ name: 'PeerJS server', dialect: 'peerjs', durable: false, start: () => startRelay('peerjs-relay') },
	{ name: TRPC_MEMORY, dialect: 'trpc', durable: false, start: () => startRelay('trpc-relay') },
	{
		name: 'tRPC, one insert each',
		dialect: 'trpc',
		durable: true,
		start: ({ plainUrl }) => startRelay('trpc-relay', { DATABASE_URL: plainUrl })
	},
	{ name: ONE_INSERT, dialect: 'postgres', durable: true, start: null },
	{ name: PARLEY, dialect: 'parley', durable: true, start: startParley }
];

/** The built product, as an operator runs it. */
export async function startParley({ url }: BenchDatabase): Promise<Program> {
	const program = await startProgram(
		PRODUCT,
		{ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'error', STUN_URLS: 'none', DATABASE_URL: url },
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
	const server = spec.start ? await spec.start(database) : null;
	try {
		const load = await startProgram(benchProgram('relay-load'));
		await load.command({
			type: 'begin',
			dialect: spec.dialect,
			url: server?.url ?? database.plainUrl,
			people: spec.dialect === 'parley' ? await addPeople(database.sql, people) : []
		});
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
