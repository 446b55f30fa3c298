import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHOWN_SIZES, type ShownSize } from '../core/shown-size';
import {
	cameraLimits,
	DOWN_AFTER,
	FRESH_PATH,
	NO_LOSS,
	screenLimits,
	UP_AFTER,
	watchLoss,
	type LossLevel,
	type LossWatch,
	type Path
} from './send-limits';

const LEVELS = [0, 1, 2, 3] as const;
const over = (receivers: number, level: LossLevel, shown: ShownSize | null = null): Path => ({
	receivers,
	level,
	shown,
	fresh: false
});
const after = (looks: number, loss: number | null, watch = NO_LOSS): LossWatch =>
	Array.from({ length: looks }).reduce<LossWatch>((last) => watchLoss(last, loss), watch);

test('a camera is sent whole to one, and smaller to more', () => {
	expect(cameraLimits(over(1, 0), 720)).toEqual({
		maxBitrate: 1_700_000,
		maxFramerate: 30,
		scaleResolutionDownBy: 1,
		active: true
	});
	expect(cameraLimits(over(3, 0), 720)).toEqual({
		maxBitrate: 600_000,
		maxFramerate: 30,
		scaleResolutionDownBy: 2,
		active: true
	});
	// What is small already is not made smaller.
	expect(cameraLimits(over(5, 0), 240).scaleResolutionDownBy).toBe(1);
	expect(cameraLimits(over(1, 0), null).scaleResolutionDownBy).toBe(1);
});

test('a camera is sent as large as it is shown, never larger than for so many, and not at all where nobody looks', () => {
	expect(cameraLimits(over(1, 0, 180), 720)).toEqual({
		maxBitrate: 160_000,
		maxFramerate: 20,
		scaleResolutionDownBy: 4,
		active: true
	});
	expect(cameraLimits(over(1, 0, 720), 720)).toEqual(cameraLimits(over(1, 0), 720));
	expect(cameraLimits(over(3, 0, 720), 720)).toEqual(cameraLimits(over(3, 0), 720));
	expect(cameraLimits(over(3, 0, 0), 720)).toEqual({ ...cameraLimits(over(3, 0), 720), active: false });
	// Small and lossy: somebody is still to be seen in it.
	expect(cameraLimits(over(1, 3, 90), 720).scaleResolutionDownBy).toBe(8);
});

test('a path that has carried nothing yet is given few pixels first, of the same bitrate', () => {
	expect(cameraLimits(FRESH_PATH, 720)).toEqual({
		...cameraLimits(over(1, 0), 720),
		scaleResolutionDownBy: 4
	});
	expect(cameraLimits({ ...over(5, 0, 90), fresh: true }, 720)).toEqual(cameraLimits(over(5, 0, 90), 720));
	// Before there is a camera nobody knows of how many it will be.
	expect(cameraLimits(FRESH_PATH, null).scaleResolutionDownBy).toBe(1);
});

test('all of it together never grows with who comes, nor with what is lost, and shrinks with what is shown', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 8 }),
			fc.constantFrom(...LEVELS),
			fc.integer({ min: 90, max: 1080 }),
			fc.constantFrom(...SHOWN_SIZES),
			(receivers, level, height, shown) => {
				const here = cameraLimits(over(receivers, level, shown), height);
				const more = cameraLimits(over(receivers + 1, level, shown), height);
				const whole = cameraLimits(over(receivers, level), height);
				expect(here.maxBitrate).toBeLessThanOrEqual(whole.maxBitrate);
				expect(here.scaleResolutionDownBy).toBeGreaterThanOrEqual(whole.scaleResolutionDownBy);
				expect(more.maxBitrate).toBeLessThanOrEqual(here.maxBitrate);
				expect(more.scaleResolutionDownBy).toBeGreaterThanOrEqual(here.scaleResolutionDownBy);
				const worse = cameraLimits(over(receivers, Math.min(level + 1, 3) as LossLevel, shown), height);
				expect(worse.maxBitrate).toBeLessThanOrEqual(here.maxBitrate);
				expect(worse.maxFramerate).toBeLessThanOrEqual(here.maxFramerate);
				for (const { maxFramerate, scaleResolutionDownBy } of [here, screenLimits(over(receivers, level))]) {
					expect(maxFramerate).toBeGreaterThanOrEqual(5);
					expect(scaleResolutionDownBy).toBeGreaterThanOrEqual(1);
				}
			}
		)
	);
});

test('a screen keeps its pixels', () => {
	const whole = { scaleResolutionDownBy: 1, active: true };
	expect(screenLimits(over(1, 0))).toEqual({ maxBitrate: 2_500_000, maxFramerate: 15, ...whole });
	expect(screenLimits(over(5, 3))).toEqual({ maxBitrate: 300_000, maxFramerate: 5, ...whole });
});

test('three bad seconds are a step down, twelve good ones a step up, and silence is neither', () => {
	expect(after(DOWN_AFTER - 1, 50).level).toBe(0);
	const worse = after(DOWN_AFTER, 50);
	expect(worse.level).toBe(1);
	expect(after(20 * DOWN_AFTER, 50).level).toBe(3);
	expect(after(UP_AFTER - 1, 0, worse).level).toBe(1);
	expect(after(UP_AFTER, 0, worse).level).toBe(0);
	expect(after(100, null, worse)).toEqual(worse);
	// Neither good nor bad: it stays as it is.
	expect(after(100, 5, worse).level).toBe(1);
});

test('one step at a time, and never down and up again within the time that a step up takes', () => {
	fc.assert(
		fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 300 }), (losses) => {
			let watch = NO_LOSS;
			let sinceDown = Infinity;
			for (const loss of losses) {
				const next = watchLoss(watch, loss);
				const step = next.level - watch.level;
				expect(Math.abs(step)).toBeLessThanOrEqual(1);
				sinceDown += 1;
				if (step < 0) expect(sinceDown).toBeGreaterThanOrEqual(UP_AFTER);
				if (step > 0) sinceDown = 0;
				watch = next;
			}
		})
	);
});
