import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	levelOf,
	rate,
	RATING_LOOKS,
	RATING_MARGIN,
	reasonOf,
	scoreOf,
	type Condition,
	type Level,
	type Rating
} from './connection-rating';

const GREAT: Condition = { roundTripMs: 20, jitterMs: 2, lossPercent: 0, framesPerSecond: 30 };
const UNKNOWN: Condition = { roundTripMs: null, jitterMs: null, lossPercent: null, framesPerSecond: null };

test.each<[what: string, condition: Partial<Condition>, level: Level, why: string | null]>([
	['nothing amiss', {}, 'good', null],
	['nothing known to be amiss', UNKNOWN, 'good', null],
	['a packet of fifty', { lossPercent: 2 }, 'good', null],
	['one of sixteen', { lossPercent: 6 }, 'fair', 'loss'],
	['one of six', { lossPercent: 16 }, 'poor', 'loss'],
	['another continent', { roundTripMs: 200 }, 'good', null],
	['a satellite', { roundTripMs: 600 }, 'fair', 'delay'],
	['two satellites', { roundTripMs: 1_200 }, 'poor', 'delay'],
	['packets that come in heaps', { jitterMs: 120 }, 'fair', 'delay'],
	['lips that do not fit the voice', { framesPerSecond: 6 }, 'fair', 'frames'],
	['stills', { framesPerSecond: 2 }, 'poor', 'frames'],
	['a slow camera', { framesPerSecond: 10 }, 'good', null],
	['a camera that is off', { framesPerSecond: null }, 'good', null],
	['some loss and some delay', { lossPercent: 4, roundTripMs: 350 }, 'fair', 'loss']
])('%s', (_what, over, level, why) => {
	const condition = { ...GREAT, ...over };
	expect([levelOf(scoreOf(condition)), reasonOf(condition)]).toEqual([level, why]);
});

const condition = fc.record({
	roundTripMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
	jitterMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
	lossPercent: fc.option(fc.float({ min: 0, max: 100, noNaN: true })),
	framesPerSecond: fc.option(fc.integer({ min: 0, max: 1_000 }))
});

test('more loss, more delay or fewer frames never make a connection better', () => {
	fc.assert(
		fc.property(condition, condition, (a, b) => {
			const worst = (x: number | null, y: number | null) => Math.max(x ?? 0, y ?? 0);
			const worse: Condition = {
				roundTripMs: worst(a.roundTripMs, b.roundTripMs),
				jitterMs: worst(a.jitterMs, b.jitterMs),
				lossPercent: worst(a.lossPercent, b.lossPercent),
				framesPerSecond: Math.min(a.framesPerSecond ?? 1_000, b.framesPerSecond ?? 1_000)
			};
			expect(scoreOf(worse)).toBeLessThanOrEqual(scoreOf(a));
			expect(scoreOf(a)).toBeGreaterThanOrEqual(0);
		})
	);
});

test('a connection has a reason exactly where it is not good', () => {
	fc.assert(
		fc.property(condition, (one) => {
			expect(reasonOf(one) === null).toBe(levelOf(scoreOf(one)) === 'good');
		})
	);
});

describe('the level', () => {
	const LIMITS = [80, 60] as const;
	const score = fc.float({ min: 0, max: Math.fround(93.2), noNaN: true });
	function* levels(scores: readonly number[], first: Rating | null = null): Generator<Level> {
		let rating = first;
		for (const one of scores) {
			rating = rate(rating, one);
			yield rating.level;
		}
	}

	test.each(LIMITS)('never flickers at the limit of %i', (limit) => {
		const near = fc.float({
			min: limit - RATING_MARGIN,
			max: Math.fround(limit + RATING_MARGIN - 0.001),
			noNaN: true
		});
		fc.assert(
			fc.property(score, fc.array(near, { minLength: 1, maxLength: 50 }), (before, scores) => {
				const seen = [...levels([before, before, before, before, ...scores])];
				const changes = seen.filter((level, index) => index > 0 && level !== seen[index - 1]);
				// From far away it comes to the nearer side of the limit, and stays there.
				expect(changes.length).toBeLessThanOrEqual(1);
			})
		);
	});

	test('changes only after so many looks that all saw the same', () => {
		fc.assert(
			fc.property(fc.array(score, { maxLength: 60 }), (scores) => {
				const seen = [...levels(scores)];
				seen.forEach((level, index) => {
					if (index === 0 || level === seen[index - 1]) return;
					expect(index).toBeGreaterThanOrEqual(RATING_LOOKS);
					const since = seen.slice(index - RATING_LOOKS, index);
					expect(new Set(since).size).toBe(1);
				});
			})
		);
	});

	test('is believed once it lasts, whatever was before', () => {
		fc.assert(
			fc.property(fc.array(score, { maxLength: 20 }), score, (before, lasting) => {
				fc.pre(LIMITS.every((limit) => Math.abs(lasting - limit) > RATING_MARGIN));
				const scores = [...before, ...Array.from({ length: RATING_LOOKS }, () => lasting)];
				expect([...levels(scores)].at(-1)).toBe(levelOf(lasting));
			})
		);
	});

	test('a moment alone changes nothing', () => {
		expect([...levels([90, 90, 10, 10, 90, 10, 10, 90])]).toEqual(Array(8).fill('good'));
	});
});
