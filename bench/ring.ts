import type { OfferedRung } from '../src/lib/call/core/rung';
import { addPeople, type BenchDatabase } from './database';
import { benchProgram, ROOT, startProgram, type Program } from './programs';
import { startParley } from './relays';
import { ACTS, emptyGame, type Act, type RingGame } from './ring-acts';
import { formatNumber, formatTable, percentile } from './stats';

export type RingRow = { rung: OfferedRung; act: Act | 'all'; count: number; p50: number; p99: number };
export type RingResult = { rounds: number; rows: RingRow[] };

const RUNGS = ['websocket', 'sse', 'long-poll'] as const;
const FULL = { rounds: 5, gameMs: 12_000, warmMs: 3_000 };
const QUICK = { rounds: 1, gameMs: 200, warmMs: 50 };
const PEOPLE = 3;

/** From the press of a button to the last of the other five devices showing it, over each rung in turns. */
export async function benchRing(
	database: BenchDatabase,
	{ quick }: { quick: boolean },
	say: (line: string) => void
): Promise<RingResult> {
	const { rounds, gameMs, warmMs } = quick ? QUICK : FULL;
	const product = await database.addProduct(ROOT);
	const server = await startParley(ROOT, product);
	const running: { rung: OfferedRung; load: Program; took: RingGame }[] = [];
	try {
		for (const rung of RUNGS) {
			say(`opening six devices over ${rung}`);
			const load = await startProgram(benchProgram('ring-load'));
			running.push({ rung, load, took: emptyGame() });
			await load.command({
				type: 'begin',
				url: server.url.replace(/^ws/, 'http'),
				rung,
				people: await addPeople(product.sql, PEOPLE)
			});
			await load.command({ type: 'play', ms: warmMs });
		}
		for (let i = 0; i < rounds; i++) {
			say(`round ${i + 1} of ${rounds}`);
			for (const { load, took } of running) {
				const game = await load.command<RingGame>({ type: 'play', ms: gameMs });
				for (const act of ACTS) took[act].push(...game[act]);
			}
		}
		return { rounds, rows: running.flatMap(({ rung, took }) => rowsOf(rung, took)) };
	} finally {
		for (const { load } of running) await load.stop();
		await server.stop();
	}
}

function rowsOf(rung: OfferedRung, took: RingGame): RingRow[] {
	const rowOf = (act: RingRow['act'], times: number[]): RingRow => ({
		rung,
		act,
		count: times.length,
		p50: percentile(times, 0.5),
		p99: percentile(times, 0.99)
	});
	return [
		...ACTS.map((act) => rowOf(act, took[act])),
		rowOf(
			'all',
			ACTS.flatMap((act) => took[act])
		)
	];
}

export function describeRing({ rounds, rows }: RingResult): string {
	return [
		`ring: from the press of a button to the last of five other devices showing it, ms; ${rounds} rounds in turns`,
		formatTable([
			['rung', 'act', 'times', 'p50', 'p99'],
			...rows.map(({ rung, act, count, p50, p99 }) => [
				rung,
				act,
				String(count),
				formatNumber(p50),
				formatNumber(p99)
			])
		])
	].join('\n\n');
}
