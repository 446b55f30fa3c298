import path from 'node:path';
import type { BenchDatabase } from './database';
import { ROOT, startProgram } from './programs';
import { CUTS } from './recovery-cuts';
import type { RecoveryCommand } from './recovery-load';
import { formatNumber, formatTable, percentile } from './stats';

export type RecoveryRow = { cut: string; runs: number; p50: number; worst: number };

/** From a cut in the middle of a call to pictures that move again on both sides, for each kind of cut in turns. */
export async function benchRecovery(
	database: BenchDatabase,
	{ quick }: { quick: boolean },
	say: (line: string) => void
): Promise<RecoveryRow[]> {
	const rounds = quick ? 1 : 10;
	const { url } = await database.addProduct(ROOT);
	const load = await startProgram(path.join(ROOT, 'bench', 'recovery-run.mjs'));
	const tell = (command: RecoveryCommand) => load.command<number>(command);
	const took = CUTS.map(() => [] as number[]);
	try {
		say('opening two networks with a browser in each');
		await tell({ type: 'begin', databaseUrl: url });
		for (let round = 0; round < rounds; round++) {
			for (const [index, { name }] of CUTS.entries()) {
				const ms = await tell({ type: 'cut', index });
				say(`round ${round + 1} of ${rounds}, ${name}: ${ms} ms`);
				took[index]?.push(ms);
			}
		}
		return rowsOf(took);
	} finally {
		await tell({ type: 'end' }).finally(() => load.stop());
	}
}

/** @param took milliseconds of each run, for each of `CUTS` */
export function rowsOf(took: readonly (readonly number[])[]): RecoveryRow[] {
	return CUTS.map(({ name }, index) => {
		const times = took[index] ?? [];
		return { cut: name, runs: times.length, p50: percentile(times, 0.5), worst: Math.max(...times) };
	});
}

export function describeRecovery(rows: readonly RecoveryRow[]): string {
	return [
		'recovery: from the cut to pictures that move again on both sides, ms; kinds of cut in turns',
		formatTable([
			['cut', 'runs', 'p50', 'worst'],
			...rows.map(({ cut, runs, p50, worst }) => [cut, String(runs), formatNumber(p50), formatNumber(worst)])
		])
	].join('\n\n');
}
