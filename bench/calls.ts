import { withCpu } from './cpu';
import type { CallersName, CallsGame } from './calls-load';
import { addPeople, trackStatements, type BenchDatabase, type ProductDatabase } from './database';
import { benchProgram, ROOT, startProgram, type Program } from './programs';
import { startParley } from './relays';
import { formatNumber, formatTable, medianOf } from './stats';

const SHAPES = [1, 20] as const;
const MOST_PAIRS = 20;

/** CPU in microseconds per call. */
type Measured = CallsGame & {
	perSecond: number;
	serverCpu: number | null;
	databaseCpu: number;
	loadCpu: number;
};

/** What one call asks of the database. */
type Statements = {
	perCall: number;
	/** Those with a `begin`; the other statements are one each. */
	transactionsPerCall: number;
	walKbPerCall: number;
	top: { text: string; perCall: number; msPerCall: number }[];
};

export type CallsResult = {
	rounds: number;
	rows: { server: string; pairs: number; median: Record<keyof Measured, number | null> }[];
	/** Of this checkout's product. */
	statements: Statements;
	/** Rows of its history, counted afterwards: each call ended as it should. */
	completed: number;
};

const FULL = { rounds: 5, gameMs: 4_000, warmMs: 3_000 };
const QUICK = { rounds: 1, gameMs: 200, warmMs: 50 };
const STATEMENTS_SHOWN = 12;

/** `root`: the product as that checkout has built it. */
type Spec = { name: string; callers: CallersName; root: string | null };

function listSpecs(against: string | null): Spec[] {
	const specs: Spec[] = [
		{ name: 'socket.io, batched', callers: 'socket.io, batched', root: null },
		{ name: 'socket.io, trickled', callers: 'socket.io, trickled', root: null },
		{ name: 'Parley', callers: 'parley', root: ROOT }
	];
	if (against !== null) specs.push({ name: 'Parley of --against', callers: 'parley', root: against });
	return specs;
}

type Running = {
	spec: Spec;
	server: Program;
	load: Program;
	product: ProductDatabase | null;
	/** Per shape, one of each round. */
	games: Measured[][];
	/** Calls made until now. */
	played: number;
};

export async function benchCalls(
	database: BenchDatabase,
	{ quick, against }: { quick: boolean; against: string | null },
	say: (line: string) => void
): Promise<CallsResult> {
	const { rounds, gameMs, warmMs } = quick ? QUICK : FULL;
	const running: Running[] = [];
	try {
		for (const spec of listSpecs(against)) {
			say(`starting ${spec.name}`);
			const one = await start(spec, database);
			running.push(one);
			await play(one, MOST_PAIRS, warmMs);
		}
		for (let i = 0; i < rounds; i++) {
			say(`round ${i + 1} of ${rounds}`);
			for (const one of running) {
				for (const [shape, pairs] of SHAPES.entries()) {
					one.games[shape]?.push(await measure(one, database, pairs, gameMs));
				}
			}
		}
		const ours = running.find(({ spec }) => spec.root === ROOT);
		if (!ours?.product) throw new Error('The product was not started.');
		return {
			rounds,
			statements: await countStatements(ours, ours.product, gameMs),
			completed: await countCompleted(ours, ours.product),
			rows: running.flatMap(({ spec, games }) =>
				games.map((game, shape) => {
					const keys = Object.keys(game[0] ?? {}) as (keyof Measured)[];
					const medians = keys.map((key) => [key, medianOf(game, (one) => one[key])]);
					return {
						server: spec.name,
						pairs: SHAPES[shape] ?? 0,
						median: Object.fromEntries(medians) as Record<keyof Measured, number | null>
					};
				})
			)
		};
	} finally {
		for (const { server, load } of running) {
			await load.stop();
			await server.stop();
		}
	}
}

async function start(spec: Spec, database: BenchDatabase): Promise<Running> {
	const { root } = spec;
	const product = root === null ? null : await database.addProduct(root);
	const server =
		root === null || product === null
			? await startProgram(benchProgram('socket-io-relay'))
			: await startParley(root, product);
	try {
		const load = await startProgram(benchProgram('calls-load'));
		await load.command({
			type: 'begin',
			callers: spec.callers,
			url: server.url,
			people: product ? await addPeople(product.sql, 2 * MOST_PAIRS) : []
		});
		await load.command({ type: 'open-pairs', count: MOST_PAIRS });
		return { spec, server, load, product, games: SHAPES.map(() => []), played: 0 };
	} catch (error) {
		await server.stop();
		throw error;
	}
}

async function play(running: Running, pairs: number, ms: number): Promise<CallsGame> {
	const game = await running.load.command<CallsGame>({ type: 'play', pairs, ms });
	running.played += game.calls;
	return game;
}

async function measure(
	running: Running,
	database: BenchDatabase,
	pairs: number,
	ms: number
): Promise<Measured> {
	const { result: game, cpu } = await withCpu({ ...running, database }, () => play(running, pairs, ms));
	return {
		...game,
		perSecond: (game.calls / game.ms) * 1_000,
		serverCpu: cpu.server === null ? null : cpu.server / game.calls,
		databaseCpu: cpu.database / game.calls,
		loadCpu: cpu.load / game.calls
	};
}

/** In a game of its own: counting costs, too. */
async function countStatements(running: Running, { sql }: ProductDatabase, ms: number): Promise<Statements> {
	const wal = async () => {
		const [row] = await sql<{ bytes: number }[]>`
			select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes
		`;
		return row?.bytes ?? NaN;
	};
	await sql`create extension if not exists pg_stat_statements`;
	await trackStatements(sql, 'top');
	await sql`select pg_stat_statements_reset()`;
	const before = await wal();
	const { calls } = await play(running, MOST_PAIRS, ms);
	const after = await wal();
	const rows = await sql<{ text: string; calls: number; ms: number }[]>`
		select regexp_replace(left(query, 110), '\\s+', ' ', 'g') as text, sum(calls)::float8 as calls,
			sum(total_exec_time)::float8 as ms
		from pg_stat_statements
		where dbid = (select oid from pg_database where datname = current_database())
			and query not like '%pg_stat_%'
		group by 1 order by 2 desc
	`;
	await trackStatements(sql, 'none');
	const begins = rows.filter(({ text }) => text.startsWith('begin'));
	const perCall = (counted: readonly { calls: number }[]) =>
		counted.reduce((sum, row) => sum + row.calls, 0) / calls;
	return {
		perCall: perCall(rows),
		transactionsPerCall: perCall(begins),
		walKbPerCall: (after - before) / 1024 / calls,
		top: rows
			.slice(0, STATEMENTS_SHOWN)
			.map((row) => ({ text: row.text, perCall: row.calls / calls, msPerCall: row.ms / calls }))
	};
}

/** @throws when not every call is in the history as completed: then the rest was measured in vain */
async function countCompleted({ played }: Running, { sql }: ProductDatabase): Promise<number> {
	const [row] = await sql<{ count: number }[]>`
		select count(*)::int from calls where phase = 'ended' and end_reason = 'completed'
	`;
	if (row?.count !== played) {
		throw new Error(`${played} calls were made, and ${row?.count} are in the history as completed.`);
	}
	return played;
}

export function describeCalls({ rounds, rows, statements, completed }: CallsResult): string {
	const number = formatNumber;
	/** CPU a second, as a share of one core. */
	const busy = (us: number | null, perSecond: number | null) =>
		us === null || perSecond === null ? '-' : `${((us * perSecond) / 1e4).toFixed(0)}%`;
	return [
		`calls: ring, accept, offer, answer, 2 x 10 candidates, connected, end; medians of ${rounds} interleaved rounds; ms are CPU per call, % of one core`,
		formatTable([
			['server', 'pairs', 'p50 ms', 'p99 ms', 'calls/s', 'server', '', 'Postgres', '', 'load', ''],
			...rows.map(({ server, pairs, median: m }) => [
				server,
				String(pairs),
				number(m.p50),
				number(m.p99),
				number(m.perSecond),
				...[m.serverCpu, m.databaseCpu, m.loadCpu].flatMap((us) => [
					number(us === null ? null : us / 1e3),
					busy(us, m.perSecond)
				])
			])
		]),
		`One call of ours: ${number(statements.perCall)} statements, ${number(statements.transactionsPerCall)} of them a begin, ${number(statements.walKbPerCall)} KB of WAL. ${completed} calls, each in the history as completed.`,
		formatTable([
			['most frequent statements', 'per call', 'ms per call'],
			...statements.top.map((one) => [one.text, number(one.perCall), number(one.msPerCall)])
		])
	].join('\n\n');
}
