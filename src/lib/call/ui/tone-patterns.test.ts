import { expect, test } from 'vitest';
import { RING_TONES } from '../notify/preferences';
import { END_NOTES, gainOf, lengthS, patternOf, RINGS, type Note } from './tone-patterns';

const repeated = [
	...RING_TONES.map((ring) => ['ring', ring] as const),
	['ringback', 'chimes'] as const,
	['waiting', 'chimes'] as const
];

/** The most notes that sound in one moment. */
const mostAtOnce = (notes: readonly Note[]) =>
	Math.max(...notes.map(([at]) => notes.filter(([from, , long]) => from <= at && at < from + long).length));

test.each(repeated)(
	'%s (%s): a round is over before the next, and nothing is distorted',
	(tone, ringTone) => {
		const { notes, everyMs } = patternOf(tone, ringTone);
		expect(lengthS(notes) * 1_000).toBeLessThan(everyMs);
		expect(mostAtOnce(notes) * gainOf(100)).toBeLessThan(1);
	}
);

test('the end tone is over within half a second', () => {
	expect(lengthS(END_NOTES)).toBeLessThan(0.5);
	expect(mostAtOnce(END_NOTES) * gainOf(100)).toBeLessThan(1);
});

test('three ring tones that are told apart', () => {
	const rounds = RING_TONES.map((ring) => JSON.stringify(RINGS[ring].notes));
	expect(new Set(rounds).size).toBe(3);
});

test('0 is silence, and more is louder', () => {
	expect(gainOf(0)).toBe(0);
	expect(gainOf(50)).toBeCloseTo(0.12);
	expect(gainOf(100)).toBeGreaterThan(gainOf(99));
});
