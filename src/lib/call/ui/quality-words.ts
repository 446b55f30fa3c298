import { rangeOf } from '../../ui/plot';
import { clockSeconds, clockTime, durationLabel } from '../../ui/time';
import { delayMs, reasonOf, type Level } from '../core/connection-rating';
import type { PeerRating } from '../session/peer-rating';
import type { PairSeries, PairStory, Spell } from './quality-story';

/** What a person is called in the middle of a sentence; oneself is "you". */
type NameOf = (userId: string) => string;

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const percentWords = (percent: number): string =>
	`${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
const msWords = (ms: number): string => `${Math.round(ms)} ms`;
/** Within a sentence. */
const framesWords = (fps: number): string => `${Math.round(fps)} frames a second`;

export const LEVEL_WORDS: Record<Level, string> = { good: 'Good', fair: 'Fair', poor: 'Poor' };

/** Of a call that goes on: "Fair: 6.2 % of packets are lost". */
export function ratingWords(rating: PeerRating | null): string {
	if (!rating) return '–';
	const { level, condition } = rating;
	const why = reasonOf(condition);
	// It takes some seconds to be believed: what is wrong now may be over before the level is.
	if (level === 'good') return LEVEL_WORDS[level];
	if (why === null) return `${LEVEL_WORDS[level]}, and better just now`;
	const words = {
		loss: () => `${percentWords(condition.lossPercent ?? 0)} of packets are lost`,
		delay: () => `voices come about ${msWords(delayMs(condition))} late`,
		frames: () => `${framesWords(condition.framesPerSecond ?? 0)}`
	}[why]();
	return `${LEVEL_WORDS[level]}: ${words}`;
}

export function pairWords({ pair: [first, second] }: PairStory, nameOf: NameOf): string {
	return `${capital(nameOf(first))} and ${nameOf(second)}`;
}

/** What happened between two people, in sentences; the first says how it was on the whole. */
export function storyWords(story: PairStory, nameOf: NameOf): string[] {
	const { series, spells, restarts, relayed } = story;
	const lines: [what: string, values: readonly (number | null)[], say: (value: number) => string][] = [
		['a round trip of', series.roundTripMs, msWords],
		['packet loss of', worstOf(series.lossHere, series.lossThere), percentWords]
	];
	const usual = lines.flatMap(([what, values, say]) => {
		const known = values.filter((value) => value !== null);
		return known.length === 0 ? [] : [`${what} ${say(known.reduce((a, b) => a + b, 0) / known.length)}`];
	});
	const onAverage = usual.length === 0 ? '' : `: ${usual.join(' and ')} on average`;
	return [
		`${spells.length === 0 ? 'Good all the time' : `${LEVEL_WORDS[story.level]} on the whole`}${onAverage}.`,
		...spells.map((spell) => spellWords(spell, story.pair.map(nameOf))),
		...(restarts > 0 ? [`A new network path was looked for ${timesWords(restarts)}.`] : []),
		...(relayed ? ['Media went by way of a relay.'] : [])
	];
}

function spellWords(spell: Spell, [here = '', there = '']: readonly string[]): string {
	const when = whenWords(spell);
	switch (spell.what) {
		case 'loss-here':
			return `${percentWords(spell.value)} of the packets from ${there} to ${here} were lost, ${when}.`;
		case 'loss-there':
			return `${percentWords(spell.value)} of the packets from ${here} to ${there} were lost, ${when}.`;
		case 'delay':
			return `Voices came about ${msWords(spell.value)} late, ${when}.`;
		case 'frames-here':
			return `The picture from ${there} to ${here} was jerky, with ${framesWords(spell.value)}, ${when}.`;
		case 'frames-there':
			return `The picture from ${here} to ${there} was jerky, with ${framesWords(spell.value)}, ${when}.`;
		case 'down':
			return `There was no connection for ${durationLabel(spell.value)}, ${when}.`;
	}
}

const SOME_MINUTES_MS = 120_000;

/** "from 14:02 to 14:05"; of less than two minutes, with the seconds. */
function whenWords({ from, until, throughout }: Spell): string {
	if (throughout) return 'all the time';
	const clock = until - from < SOME_MINUTES_MS ? clockSeconds : clockTime;
	return `from ${clock(from)} to ${clock(until)}`;
}

const timesWords = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);

function worstOf(a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] {
	return a.map((value, index) => {
		const other = b[index] ?? null;
		return value === null || other === null ? (value ?? other) : Math.max(value, other);
	});
}

export type QualityPlot = {
	readonly label: string;
	/** Each twice: a part of the call is a line, not a point. */
	readonly values: readonly (number | null)[];
	readonly atLeast: number;
};

/** The lines of which anything is known, each with its range in words: "Round trip: 20 to 48 ms". */
export function plotsOf({ series, pair }: PairStory, nameOf: NameOf): QualityPlot[] {
	const [here, there] = pair.map(nameOf);
	const percent = ['%', 10, (value: number) => value.toFixed(1)] as const;
	const kbit = ['kbit/s', 0, whole] as const;
	const frames = ['a second', 30, whole] as const;
	const ms = ['ms', 100, whole] as const;
	const lines: [
		label: string,
		line: keyof PairSeries,
		scale: readonly [unit: string, atLeast: number, say: (value: number) => string]
	][] = [
		[`Lost from ${there} to ${here}`, 'lossHere', percent],
		[`Lost from ${here} to ${there}`, 'lossThere', percent],
		[`Bitrate from ${there} to ${here}`, 'kbitHere', kbit],
		[`Bitrate from ${here} to ${there}`, 'kbitThere', kbit],
		[`Frames from ${there} to ${here}`, 'framesHere', frames],
		[`Frames from ${here} to ${there}`, 'framesThere', frames],
		['Round trip', 'roundTripMs', ms],
		['Jitter', 'jitterMs', ms]
	];
	return lines.flatMap(([label, line, [unit, atLeast, say]]) => {
		const range = rangeOf(series[line]);
		if (!range) return [];
		const [least, most] = [say(range.least), say(range.most)];
		const values = series[line].flatMap((value) => [value, value]);
		return [
			{ label: `${label}: ${least === most ? least : `${least} to ${most}`} ${unit}`, values, atLeast }
		];
	});
}

const whole = (value: number): string => String(Math.round(value));
