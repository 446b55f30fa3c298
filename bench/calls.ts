import { withCpu } from './cpu';
import type { CallersName, CallsGame } from './calls-load';
import { addPeople, trackStatements, type BenchDatabase } from './database';
import { benchProgram, startProgram, type Program } from './programs';
import { startParley } from './relays';
import { formatNumber, formatTable, medianOf } from './stats';

type Spec = { callers: CallersName; start: (database: BenchDatabase) => Promise<Program> };

const SPECS: Spec[] = [
	{ callers: 'socket.io, batched', start: () => startProgram(benchProgram('socket-io-relay')) },
	{ callers: 'socket.io, trickled', start: () => startProgram(benchProgram('socket-io-relay')) },
	{ callers: 'parley', start: startParley }
];

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
	rows: { server: CallersName; pairs: number; median: Record<keyof Measured, number | null> }[];
	statements: Statements;
	/** Rows of the history, counted afterwards: each call ended as it should. */
	completed: number;
};

const FULL = { rounds: 5, gameMs: 4_000, warmMs: 3_000 };
const QUICK = { rounds: 1, gameMs: 300, warmMs: 100 };
const STATEMENTS_SHOWN = 12;

type Running = { spec: Spec; server: Program; load: Program };

export async function benchCalls(
	database: BenchDatabase,
	{ quick }: { quick: boolean },
	say: (line: string) => void
): Promise<CallsResult> {
	const lengths = quick ? QUICK : FULL;
	const running: Running[] = [];
	const measured = SPECS.map((spec) => ({ spec, games: SHAPES.map((): Measured[] => []) }));
	let played = 0;
	try {
		for (const spec of SPECS) {
			say(`starting ${spec.callers}`);
			running.push(await start(spec, database));
		}
		for (const one of running) {
			const { calls } = await play(one, MOST_PAIRS, lengths.warmMs);
			if (one.spec.callers === 'parley') played += calls;
		}
		for (let i = 0; i < lengths.rounds; i++) {
			say(`round ${i + 1} of ${lengths.rounds}`);
			for (const [at, one] of running.entries()) {
				for (const [shape, pairs] of SHAPES.entries()) {
					const game = await measure(one, database, pairs, lengths.gameMs);
					measured[at]?.games[shape]?.push(game);
					if (one.spec.callers === 'parley') played += game.calls;
				}
			}
		}
		const parley = running.find(({ spec }) => spec.callers === 'parley');
		if (!parley) throw new Error('The product was not started.');
		const { statements, calls } = await countStatements(parley, database, lengths.gameMs);
		const completed = await countCompleted(database);
		if (completed !== played + calls) {
			throw new Error(`${played + calls} calls were made, and ${completed} are in the history as completed.`);
		}
		return {
			rounds: lengths.rounds,
			statements,
			completed,
			rows: measured.flatMap(({ spec, games }) =>
				games.map((game, shape) => {
					const keys = Object.keys(game[0] ?? {}) as (keyof Measured)[];
					const medians = keys.map((key) => [key, medianOf(game, (one) => one[key])]);
					return {
						server: spec.callers,
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
	const server = await spec.start(database);
	try {
		const load = await startProgram(benchProgram('calls-load'));
		await load.command({
			type: 'begin',
			callers: spec.callers,
			url: server.url,
			people: spec.callers === 'parley' ? await addPeople(database.sql, 2 * MOST_PAIRS) : []
		});
		await load.command({ type: 'open-pairs', count: MOST_PAIRS });
		return { spec, server, load };
	} catch (error) {
		await server.stop();
		throw error;
	}
}

const play = ({ load }: Running, pairs: number, ms: number) =>
	load.command<CallsGame>({ type: 'play', pairs, ms });

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
async function countStatements(
	running: Running,
	{ sql }: BenchDatabase,
	ms: number
): Promise<{ statements: Statements; calls: number }> {
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
	return {
		calls,
		statements: {
			perCall: rows.reduce((sum, row) => sum + row.calls, 0) / calls,
			transactionsPerCall:
				rows.filter(({ text }) => text.startsWith('begin')).reduce((sum, row) => sum + row.calls, 0) / calls,
			walKbPerCall: (after - before) / 1024 / calls,
			top: rows
				.slice(0, STATEMENTS_SHOWN)
				.map((row) => ({ text: row.text, perCall: row.calls / calls, msPerCall: row.ms / calls }))
		}
	};
}

async function countCompleted({ sql }: BenchDatabase): Promise<number> {
	const [row] = await sql<{ count: number }[]>`
		select count(*)::int from calls where phase = 'ended' and end_reason = 'completed'
	`;
	return row?.count ?? 0;
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
