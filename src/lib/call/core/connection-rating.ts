/**
 * How good a connection is for a conversation, in one word, and why.
 *
 * Voice counts by the E-model (ITU-T G.107): R = 93.2 - Id - Ie,eff, where Id is what the delay takes away and Ie,eff what
 * lost packets do. Id in the linear form of Cole and Rosenbluth ("Voice over IP performance monitoring", 2001, equation 5),
 * Ie,eff with the loss robustness of G.711 with concealment (G.113, appendix I: Ie 0, Bpl 25.1), as none is published for Opus.
 * The limits are those of G.109: from 80 on people are satisfied, below 60 nearly all are not.
 *
 * Pictures have no such standard that needs numbers alone. The scale below is ours: under 8 frames a second lips and voice
 * part, under 4 it is a row of stills.
 */
export type Level = 'good' | 'fair' | 'poor';

/** What makes it worse than good. */
export type Reason = 'loss' | 'delay' | 'frames';

/** A few seconds of a connection; null for what is not known. */
export type Condition = {
	readonly roundTripMs: number | null;
	/** Of the sound. */
	readonly jitterMs: number | null;
	/** The worse of the two ways, 0 to 100. */
	readonly lossPercent: number | null;
	/** Null also where no picture is due. */
	readonly framesPerSecond: number | null;
};

const BEST_R = 93.2;
/** From microphone to packet and from packet to ear: 20 ms of voice in a packet, its coding, a play-out buffer. */
const FIXED_DELAY_MS = 60;
/** A buffer that takes most packets in time holds about twice the jitter. */
const BUFFERED_JITTERS = 2;
const NOTICED_DELAY_MS = 177.3;
const LOSS_ROBUSTNESS = 25.1;
const WORST_LOSS_IMPAIRMENT = 95;

const SATISFIED_R = 80;
const DISSATISFIED_R = 60;

/** From mouth to ear. */
export function delayMs({ roundTripMs, jitterMs }: Pick<Condition, 'roundTripMs' | 'jitterMs'>): number {
	return (roundTripMs ?? 0) / 2 + BUFFERED_JITTERS * (jitterMs ?? 0) + FIXED_DELAY_MS;
}

/** What the delay takes away from R. */
function delayImpairment(condition: Condition): number {
	const oneWayMs = delayMs(condition);
	return 0.024 * oneWayMs + 0.11 * Math.max(0, oneWayMs - NOTICED_DELAY_MS);
}

function lossImpairment({ lossPercent }: Condition): number {
	const lost = lossPercent ?? 0;
	return (WORST_LOSS_IMPAIRMENT * lost) / (lost + LOSS_ROBUSTNESS);
}

/** 8 frames a second are as bad as R 80, 4 as R 60. */
function pictureScore({ framesPerSecond }: Condition): number {
	return framesPerSecond === null ? BEST_R : Math.min(BEST_R, 40 + 5 * framesPerSecond);
}

/** 0 to 93.2: R of the voice, or what the picture is worth on the same scale where that is less. */
export function scoreOf(condition: Condition): number {
	const voice = BEST_R - delayImpairment(condition) - lossImpairment(condition);
	return Math.max(0, Math.min(voice, pictureScore(condition)));
}

export function levelOf(score: number): Level {
	if (score >= SATISFIED_R) return 'good';
	return score >= DISSATISFIED_R ? 'fair' : 'poor';
}

/** What takes most away; null where all is well. */
export function reasonOf(condition: Condition): Reason | null {
	if (levelOf(scoreOf(condition)) === 'good') return null;
	const loss = lossImpairment(condition);
	const delay = delayImpairment(condition);
	if (BEST_R - pictureScore(condition) > loss + delay) return 'frames';
	return loss >= delay ? 'loss' : 'delay';
}

export type Rating = {
	readonly level: Level;
	/** How many looks in a row found it beyond the margin of another level, the same one each time. */
	readonly doubts: number;
	readonly doubted: Level | null;
};

/** A score this near to a limit is on neither side of it: the level stays as it was. */
export const RATING_MARGIN = 2.5;
/** Looks, a second apart, until another level is believed. */
export const RATING_LOOKS = 3;

/** The rating after one more look. A score that swings about a limit, or leaves it for a moment, changes nothing. */
export function rate(last: Rating | null, score: number): Rating {
	if (!last) return { level: levelOf(score), doubts: 0, doubted: null };
	// Better only by more than the margin, and worse only by more than the margin.
	const [above, below] = [levelOf(score - RATING_MARGIN), levelOf(score + RATING_MARGIN)];
	const seen = isWorse(below, last.level) ? below : isWorse(last.level, above) ? above : last.level;
	if (seen === last.level) return { level: last.level, doubts: 0, doubted: null };
	const doubts = last.doubted === seen ? last.doubts + 1 : 1;
	return doubts < RATING_LOOKS
		? { level: last.level, doubts, doubted: seen }
		: { level: seen, doubts: 0, doubted: null };
}

const LEVELS: readonly Level[] = ['good', 'fair', 'poor'];
const isWorse = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b);
