import { rmSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { hashSecret, newSecret } from '../src/lib/server/auth/secrets';
import { startEmbeddedPostgres } from '../src/lib/server/db/embedded';
import { sendSignal } from '../src/lib/server/db/embedded-process';
import { migrateDatabase } from '../src/lib/server/db/migrate';
import { databaseUrl, temporaryFolder } from '../tests/fixtures/postgres';

export type BenchDatabase = {
	/** The postmaster: its family's CPU is the database's. */
	pid: number;
	/** A new database for one server, migrated as that checkout wants it. */
	addProduct(root: string): Promise<ProductDatabase>;
	/** A database for reference points: one table, one row per signal. */
	plainUrl: string;
	sql: postgres.Sql;
	stop(): Promise<void>;
};

export type ProductDatabase = { url: string; sql: postgres.Sql };

/** A Postgres of our own, with everything that durability costs: fsync, full page writes, commits that wait. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
	const folder = temporaryFolder('bench');
	const server = await startEmbeddedPostgres({
		dataDir: folder,
		log: () => {},
		settings: ['max_connections=200', 'shared_preload_libraries=pg_stat_statements']
	});
	// It runs detached: however we end, it ends with us.
	const kill = () => sendSignal(server.pid, 'SIGQUIT');
	process.on('exit', kill);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	const sql = postgres(server.url, { max: 2, onnotice: () => {} });
	// It counts only when it is asked to: counting costs, too.
	await trackStatements(sql, 'none');
	await sql`create database plain`;
	const plainUrl = databaseUrl(server.url, 'plain');
	const plain = postgres(plainUrl, { max: 1 });
	await plain`
		create table signals (
			id bigint generated always as identity primary key,
			to_device_id uuid not null, from_device_id uuid not null, body bytea not null
		)
	`;
	await plain.end();
	const opened = [sql];
	return {
		pid: server.pid,
		plainUrl,
		sql,
		async addProduct(root) {
			const name = `parley_${opened.length}`;
			await sql`create database ${sql(name)}`;
			const url = databaseUrl(server.url, name);
			await migrateDatabase(url, path.join(root, 'drizzle'));
			const own = postgres(url, { max: 2, onnotice: () => {} });
			opened.push(own);
			return { url, sql: own };
		},
		async stop() {
			for (const one of opened) await one.end();
			await server.stop();
			process.off('exit', kill);
			rmSync(folder, { recursive: true, force: true });
		}
	};
}

export type BenchPerson = { username: string; token: string };

/** People with a personal token each, without the cost of a password. */
export async function addPeople(sql: postgres.Sql, count: number): Promise<BenchPerson[]> {
	const people = Array.from({ length: count }, () => ({
		username: `bench-${newSecret().slice(0, 12).toLowerCase().replaceAll('_', '-')}`,
		token: `parley_${newSecret()}`
	}));
	await sql`
		with made as (
			insert into users (username, display_name, password_hash)
			select username, 'Bench', 'none' from jsonb_to_recordset(${sql.json(people)}) as t (username text)
			returning id, username
		)
		insert into api_tokens (user_id, name, token_hash)
		select made.id, 'bench', hash from made
		join jsonb_to_recordset(${sql.json(people.map(({ username, token }) => ({ username, hash: hashSecret(token) })))})
			as t (username text, hash text) using (username)
	`;
	return people;
}

/** Whether pg_stat_statements counts from now on. */
export async function trackStatements(sql: postgres.Sql, track: 'none' | 'top'): Promise<void> {
	await sql.unsafe(`alter system set pg_stat_statements.track = '${track}'`);
	await sql`select pg_reload_conf()`;
}
