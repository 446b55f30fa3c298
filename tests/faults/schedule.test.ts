import { describe, expect, test } from 'vitest';
import { BUSES, readOptions, UsageError } from './options';
import { DECK, FAULT_KINDS, isProcessKill, planFaults, type Card, type FaultKind } from './schedule';

const take = (seed: number, count: number, faults = 500) => {
	const plan = planFaults(seed, 'postgres', { faults, everyMs: 300 });
	return Array.from({ length: count }, () => plan.next().value);
};
const kindsOf = (planned: { kind: FaultKind }[]) => new Set(planned.map(({ kind }) => kind));
const inDeck = (bus: string) => (kind: FaultKind) => {
	const card: Card = DECK[kind];
	return card.bus === undefined || card.bus === bus;
};

describe('the schedule', () => {
	test('the same seed gives the same faults, another seed others', () => {
		expect(take(7, 300)).toEqual(take(7, 300));
		expect(take(7, 300)).not.toEqual(take(8, 300));
	});

	test('10,000 faults hold every kind, at least 300 process kills, and come at the asked distance', () => {
		const planned = Array.from({ length: 20 }, (_, round) => take(100 + round, 500)).flat();
		expect(kindsOf(planned)).toEqual(new Set(FAULT_KINDS.filter(inDeck('postgres'))));
		expect(planned.filter(({ kind }) => isProcessKill(kind)).length).toBeGreaterThanOrEqual(300);
		const mean = planned.reduce((sum, { afterMs }) => sum + afterMs, 0) / planned.length;
		expect(mean).toBeGreaterThan(285);
		expect(mean).toBeLessThan(315);
	});

	test('a short round holds every kind that is quick enough, whatever the seed', () => {
		const quick = FAULT_KINDS.filter(inDeck('postgres')).filter((kind) => 'short' in DECK[kind]);
		for (let seed = 1; seed < 20; seed += 1) expect(kindsOf(take(seed, 75, 75))).toEqual(new Set(quick));
	});
});

describe('the options', () => {
	test('the long run is 20 rounds with seeds of their own, the short one has a fixed seed and a new one', () => {
		const long = readOptions(['--faults', '10000', '--seed', '5']);
		expect(long.seeds).toEqual(Array.from({ length: 20 }, (_, i) => 5 + i));
		expect(long.faultsPerRound).toBe(500);
		const short = readOptions(['--short'], () => 0.5);
		expect(short.seeds).toHaveLength(2);
		expect(short.seeds[0]).toBe(readOptions(['--short']).seeds[0]);
		expect(readOptions(['--short', '--seed', '9'])).toMatchObject({
			seeds: [9],
			faultsPerRound: short.faultsPerRound
		});
	});

	test.each([
		['--faults', 'many'],
		['--servers', '4'],
		['--bus', 'none'],
		['--nonsense', '1']
	])('%s %s -> told how to use it', (...args) => {
		expect(() => readOptions(args)).toThrow(UsageError);
		expect(BUSES).toContain(readOptions([]).bus);
	});
});
