import { expect, test } from 'vitest';
import { longestStandstill } from '../tests/fixtures/standstill';
import { CUTS } from './recovery-cuts';
import { describeRecovery, rowsOf } from './recovery';

test.each<[title: string, moments: number[], from: number, to: number, ms: number, until: number | null]>([
	['between two frames', [0, 100, 200, 900, 1_000], 150, 1_000, 700, 900],
	['from the beginning on', [900, 1_000], 0, 1_000, 900, 900],
	['to the end: nothing came', [100, 200], 100, 1_000, 800, null],
	['of no frames at all', [], 100, 300, 200, null],
	['what was before and comes after does not count', [0, 990, 1_000, 1_010, 5_000], 985, 1_020, 10, 1_000]
])('the longest standstill %s', (_title, moments, from, to, ms, until) => {
	expect(longestStandstill(moments, from, to)).toEqual({ ms, until });
});

test('each kind of cut has its line, with the worst of its runs', () => {
	const rows = rowsOf(CUTS.map((_, index) => [1_000 * (index + 1), 300, 200]));
	expect(rows.map(({ cut, runs, p50, worst }) => [cut, runs, p50, worst])).toEqual(
		CUTS.map(({ name }, index) => [name, 3, 300, 1_000 * (index + 1)])
	);
	for (const { name } of CUTS) expect(describeRecovery(rows)).toContain(name);
});
