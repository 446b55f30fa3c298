import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { reconnectPauseSeconds } from '../../src/lib/server/db/client';
import { REPAIRED_VERSION, repairDriver } from '../../src/lib/server/db/driver-repairs';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { temporaryFolder } from '../fixtures/postgres';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';

/** The driver as the build has it, on connections that break. Without the repairs each of these ends the process or hangs. */
const installed = fileURLToPath(new URL('../../node_modules/postgres', import.meta.url));
const folder = temporaryFolder('driver');
let connect: typeof postgres;
let database: TestDatabase;
let network: TcpProxy;
let sql: postgres.Sql;

beforeAll(async () => {
	const copy = path.join(folder, 'node_modules', 'postgres');
	cpSync(installed, copy, { recursive: true, dereference: true });
	for (const name of ['connection.js', 'index.js']) {
		const file = path.join(copy, 'src', name);
		writeFileSync(file, repairDriver(readFileSync(file, 'utf8'), file) ?? '');
	}
	const entry = pathToFileURL(path.join(copy, 'src', 'index.js')).href;
	connect = ((await import(/* @vite-ignore */ entry)) as { default: typeof postgres }).default;
	database = await testDatabase();
	await database.sql`create table torn (who text not null)`;
	network = await startTcpProxy(Number(new URL(database.url).port));
});
afterAll(async () => {
	await network.close();
	await database.drop();
	rmSync(folder, { recursive: true, force: true });
});

function open(max: number, max_pipeline = 100): void {
	sql = connect(network.url(database.url), {
		max,
		max_pipeline,
		fetch_types: false,
		backoff: reconnectPauseSeconds,
		connect_timeout: 5,
		onnotice: () => {}
	} as postgres.Options<Record<string, never>>);
}
beforeEach(() => database.sql`truncate torn`.then(() => {}));
afterEach(() => sql?.end({ timeout: 1 }));

const backendOf = async (on: Pick<postgres.ISql, 'unsafe'>) =>
	(await on.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;
const terminate = (pid: number) => database.sql`select pg_terminate_backend(${pid})`;
const refused = (work: Promise<unknown>) =>
	expect(work).rejects.toThrow(/CONNECTION_|ECONNRESET|terminating/);

test('the repairs fit the driver that is installed', () => {
	const { version } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as {
		version: string;
	};
	expect(version).toBe(REPAIRED_VERSION);
	expect(repairDriver('', '/node_modules/postgres/src/query.js')).toBeNull();
	expect(() => repairDriver('', '/node_modules/postgres/src/index.js')).toThrow('is not 3.4.9 any more');
});

test.each([
	['its backend is terminated', (pid: number) => terminate(pid)],
	['its connection is reset', async () => network.cut()]
])('a transaction in flight, and %s -> it fails, and the next query works', async (_title, breakIt) => {
	open(1);
	for (let round = 0; round < 3; round += 1) {
		let begun = (_pid: number) => {};
		const pid = new Promise<number>((resolve) => (begun = resolve));
		const torn = refused(
			sql.begin(async (tx) => {
				begun(await backendOf(tx));
				await tx`select pg_sleep(5)`;
			})
		);
		await breakIt(await pid);
		await torn;
		expect(await sql`select ${round}::int as round`).toEqual([{ round }]);
	}
});

test('what a broken transaction says later does not reach the transaction that has its connection now', async () => {
	open(1);
	let goOn = () => {};
	const gate = new Promise<void>((resolve) => (goOn = resolve));
	let begun = (_pid: number) => {};
	const pid = new Promise<number>((resolve) => (begun = resolve));
	let over = () => {};
	const lateRefused = new Promise<void>((resolve) => (over = resolve));
	const torn = refused(
		sql.begin(async (tx) => {
			await tx`insert into torn values ('torn')`;
			begun(await backendOf(tx));
			await gate;
			await refused(tx`insert into torn values ('late')`);
			over();
		})
	);
	await terminate(await pid);
	await torn;
	await sql.begin(async (tx) => {
		await tx`insert into torn values ('whole')`;
		goOn();
		await lateRefused;
		// The driver's own `commit` or `rollback` of the broken one comes a moment after.
		await new Promise((resolve) => setImmediate(resolve));
		await tx`insert into torn values ('whole, too')`;
	});
	expect(await database.sql`select who from torn order by who`).toEqual([
		{ who: 'whole' },
		{ who: 'whole, too' }
	]);
});

test('connections that are reset under load -> every query is answered or fails, each with its own answer', async () => {
	open(4);
	let answered = 0;
	let failed = 0;
	async function ask(i: number): Promise<void> {
		try {
			const rows =
				i % 2 === 0
					? await sql`select ${i}::int as i`
					: await sql.begin(async (tx) => {
							await tx`select 1`;
							return tx`select ${i}::int as i`;
						});
			expect(rows).toEqual([{ i }]);
			answered += 1;
		} catch (error) {
			if (!/CONNECTION_|ECONNRESET|EPIPE/.test(String(error))) throw error;
			failed += 1;
		}
	}
	const asked: Promise<void>[] = [];
	for (let round = 0; round < 15; round += 1) {
		for (let i = 0; i < 60; i += 1) asked.push(ask(round * 60 + i));
		await sql`select 1`.catch(() => {});
		network.cut();
	}
	await Promise.all(asked);
	expect(answered + failed).toBe(900);
	expect(failed).toBeGreaterThan(0);
	// The last ones may still be breaking.
	await expect.poll(() => sql`select 7 as seven`.catch(() => [])).toEqual([{ seven: 7 }]);
});

test('all of a pool breaks at once -> what waited for it is answered as soon as the database is back', async () => {
	open(10);
	const inFlight = Array.from({ length: 10 }, () => refused(sql`select pg_sleep(${3}::int)`));
	const asleep = () => database.sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'`;
	await expect.poll(asleep).toHaveLength(10);
	const waiting = Array.from({ length: 40 }, (_, i) => sql`select ${i}::int as i`.execute());
	const back = performance.now();
	network.cut();
	await Promise.all(inFlight);
	expect(await Promise.all(waiting)).toEqual(waiting.map((_, i) => [{ i }]));
	// The driver's own pause would be 10 to 20 s.
	expect(performance.now() - back).toBeLessThan(3_000);
});

test.each([2, 3, 4])(
	'a begin behind %i other queries, of which its connection carries three -> it keeps its connection',
	async (count) => {
		open(1, 3);
		await sql`select 1`;
		const others = Array.from({ length: count }, () => sql`select 1`.execute());
		const whole = sql.begin(async (tx) => {
			await tx`insert into torn values ('whole')`;
			throw new Error('taken back');
		});
		await expect(whole).rejects.toThrow('taken back');
		await Promise.all(others);
		expect(await sql`select who from torn`).toEqual([]);
	}
);
