import { expect, test } from 'vitest';
import fc from 'fast-check';
import { MAX_DO_NOT_DISTURB_MS, MIN_DO_NOT_DISTURB_MS } from '../call/core/limits';
import { PAUSES, pauseMs } from './do-not-disturb';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();

test.each([
	['in the evening: tomorrow', at(20, 22), at(21, 8)],
	['after midnight: today', at(21, 1), at(21, 8)],
	['at eight: tomorrow', at(21, 8), at(22, 8)],
	['half a minute before eight: tomorrow', at(21, 7, 59) + 30_000, at(22, 8)]
])('until the morning, asked %s', (_when, now, morning) => {
	expect(now + pauseMs('morning', now)).toBe(morning);
});

test('the server takes every pause, whenever it is asked for', () => {
	const instants = fc.date({ min: new Date(2020, 0), max: new Date(2040, 0), noInvalidDate: true });
	fc.assert(
		fc.property(instants, fc.constantFrom(...PAUSES), (when, pause) => {
			const ms = pauseMs(pause, when.getTime());
			expect(ms).toBeGreaterThanOrEqual(MIN_DO_NOT_DISTURB_MS);
			expect(ms).toBeLessThanOrEqual(MAX_DO_NOT_DISTURB_MS);
			expect(Number.isInteger(ms)).toBe(true);
		})
	);
});
