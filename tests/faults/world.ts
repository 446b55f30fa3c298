import { rmSync } from 'node:fs';
import postgres from 'postgres';
import { startOwnPostgres, type OwnPostgres } from '../fixtures/own-postgres';
import { temporaryFolder } from '../fixtures/postgres';
import { startRedis, type TestRedis } from '../fixtures/redis';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';
import { AppServer } from './app-server';
import type { StoredSignal } from './history';
import type { Options } from './options';
import { signUp } from './people';
import type { Recorder } from './recorder';
import { Writer } from './writer';

export const ROOMS = 2;
export const WRITERS_PER_ROOM = 4;

/** Everything a run is made of: real processes, and a piece of network between any two that talk. */
export type World = {
	readonly recorder: Recorder;
	readonly postgres: OwnPostgres;
	readonly redis: TestRedis | null;
	readonly servers: readonly AppServer[];
	/** Between each server and Postgres, in the order of the servers. */
	readonly databaseNetworks: readonly TcpProxy[];
	/** Between each server and Redis; none where the bus is another. */
	readonly redisNetworks: readonly TcpProxy[];
	readonly writers: readonly Writer[];
	/** Between each writer and the servers: each connection goes to any of them, as behind a balancer. */
	readonly clientNetworks: readonly TcpProxy[];
	/** Something happened that no fault explains. */
	complain(text: string): void;
	/** Asks Postgres itself, past every piece of network. */
	ask<Row extends object>(query: (sql: postgres.Sql) => Promise<Row[]>): Promise<Row[]>;
	close(): Promise<void>;
};

/** What the writes really stored, in the product's own transactions: what a crash takes back, it takes back here. */
const AUDIT = `
	create table fault_audit (
		number bigint not null, from_device uuid not null, to_device uuid not null, epoch int not null, seq int not null
	);
	create function fault_audit() returns trigger language plpgsql as $$ begin
		insert into fault_audit values (
			split_part(convert_from(new.body, 'UTF8'), ' ', 1)::bigint,
			new.from_device_id, new.mailbox_id, new.epoch, new.seq
		);
		return null;
	end $$;
	create trigger fault_audit after insert on signals for each row execute function fault_audit();
`;

export async function buildWorld(
	options: Options,
	recorder: Recorder,
	complain: (text: string) => void
): Promise<World> {
	const closers: (() => Promise<unknown> | void)[] = [];
	const close = async () => {
		for (const end of closers.splice(0).reverse()) await end();
	};
	try {
		const folder = temporaryFolder('faults');
		closers.push(() => rmSync(folder, { recursive: true, force: true }));
		const database = await startOwnPostgres();
		closers.push(() => database.stop());
		const ask: World['ask'] = async (query) => {
			// Types would be asked for by a query whose failure nobody can catch, and this server is killed at any moment.
			const sql = postgres(database.url(), {
				max: 1,
				fetch_types: false,
				onnotice: () => {},
				connect_timeout: 5
			});
			try {
				return await query(sql);
			} finally {
				await sql.end({ timeout: 1 });
			}
		};
		await ask((sql) => sql.unsafe(AUDIT));

		const redis = options.bus === 'redis' ? await startRedis() : null;
		if (redis) closers.push(() => redis.close());
		const networkTo = async (target: () => number) => {
			const network = await startTcpProxy(target);
			closers.push(() => network.close());
			return network;
		};
		const databaseNetworks: TcpProxy[] = [];
		const redisNetworks: TcpProxy[] = [];
		const servers: AppServer[] = [];
		for (let i = 0; i < options.servers; i += 1) {
			const toDatabase = await networkTo(() => Number(new URL(database.url()).port));
			databaseNetworks.push(toDatabase);
			const env: Record<string, string> = {
				DATABASE_URL: toDatabase.url(database.url()),
				PARLEY_BUS: options.bus,
				STUN_URLS: 'none',
				MESH_LIMIT: String(WRITERS_PER_ROOM + 2)
			};
			if (redis) {
				const toRedis = await networkTo(() => redis.port);
				redisNetworks.push(toRedis);
				env['REDIS_URL'] = toRedis.url(redis.url);
			}
			const server = await AppServer.start(`server-${i + 1}`, env, folder, complain);
			closers.push(() => server.close());
			servers.push(server);
		}

		const anyServer = () => servers[Math.floor(Math.random() * servers.length)]?.port ?? 0;
		const clientNetworks: TcpProxy[] = [];
		const writers: Writer[] = [];
		for (const person of await signUp(servers[0]?.port ?? 0, ROOMS, WRITERS_PER_ROOM)) {
			const network = await networkTo(anyServer);
			clientNetworks.push(network);
			const origin = `http://127.0.0.1:${network.port}`;
			const writer = new Writer({ ...person, origin, recorder, complain });
			closers.push(() => writer.stop());
			writers.push(writer);
		}
		return {
			recorder,
			postgres: database,
			redis,
			servers,
			databaseNetworks,
			redisNetworks,
			writers,
			clientNetworks,
			complain,
			ask,
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}

export async function readStored(world: World): Promise<StoredSignal[]> {
	const rows = await world.ask(
		(sql) => sql<{ number: string; from_device: string; to_device: string; epoch: number; seq: number }[]>`
			select * from fault_audit`
	);
	return rows.map(({ number, from_device, to_device, epoch, seq }) => ({
		number: Number(number),
		from: from_device,
		to: to_device,
		at: { epoch, seq }
	}));
}
