import type { RingTone } from '../notify/preferences';
import type { Tone } from '../session/view';

/** A note: how long after the pattern's beginning, how high, how long. */
export type Note = readonly [afterS: number, hertz: number, lengthS: number];
export type Pattern = { readonly everyMs: number; readonly notes: readonly Note[] };

/** The bell of a desk telephone: two pitches in quick turns. */
function trill(fromS: number, turns: number): Note[] {
	return Array.from({ length: turns }, (_, turn) => [fromS + turn * 0.06, turn % 2 ? 587.3 : 784, 0.07]);
}

export const RINGS: Record<RingTone, Pattern> = {
	// A falling third, twice.
	chimes: {
		everyMs: 3_000,
		notes: [
			[0, 659.3, 0.5],
			[0.18, 523.3, 0.7],
			[0.7, 659.3, 0.5],
			[0.88, 523.3, 0.9]
		]
	},
	telephone: { everyMs: 3_000, notes: [...trill(0, 8), ...trill(0.7, 8)] },
	// Up a chord, and once more from its middle.
	steps: {
		everyMs: 3_000,
		notes: [
			[0, 392, 0.22],
			[0.2, 493.9, 0.22],
			[0.4, 587.3, 0.22],
			[0.6, 784, 0.6],
			[1.2, 587.3, 0.22],
			[1.4, 784, 0.7]
		]
	}
};

const OTHERS: Record<Exclude<Tone, 'ring'>, Pattern> = {
	// What European exchanges say: 425 Hz, one second in five.
	ringback: { everyMs: 5_000, notes: [[0, 425, 1]] },
	// Twice and short, below what is being said.
	waiting: {
		everyMs: 6_000,
		notes: [
			[0, 440, 0.15],
			[0.3, 440, 0.15]
		]
	}
};

/** It is over: a falling fourth, short. */
export const END_NOTES: readonly Note[] = [
	[0, 392, 0.18],
	[0.15, 293.7, 0.3]
];

export function patternOf(tone: Tone, ringTone: RingTone): Pattern {
	return tone === 'ring' ? RINGS[ringTone] : OTHERS[tone];
}

/** Hearing goes by ratios: the middle of the slider is a quarter of the loudest, which is just not distorted. */
export function gainOf(loudness: number): number {
	return LOUDEST * (loudness / 100) ** 2;
}

/** Of one note, so that two at once stay within what a loudspeaker can do. */
const LOUDEST = 0.48;

/** Seconds from the first note's beginning to the last one's end. */
export function lengthS(notes: readonly Note[]): number {
	return Math.max(...notes.map(([afterS, , noteS]) => afterS + noteS));
}
