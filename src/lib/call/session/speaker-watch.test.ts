import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchSpeaker } from './speaker-watch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('tells when somebody begins and ends to speak, and nothing between; stopped, it asks no more', () => {
	const level = { ann: 0, bob: 0 };
	const levels = vi.fn(() => new Map(Object.entries(level)));
	const told: (readonly [string | null, string[]])[] = [];
	const stop = watchSpeaker({
		levels,
		onChange: ({ speaker, speaking }) => told.push([speaker, [...speaking]]),
		now: Date.now
	});

	vi.advanceTimersByTime(5_000);
	expect(told).toEqual([]);
	level.ann = 0.1;
	vi.advanceTimersByTime(5_000);
	expect(told).toEqual([['ann', ['ann']]]);
	level.ann = 0;
	vi.advanceTimersByTime(5_000);
	expect(told.slice(1)).toEqual([['ann', []]]);
	level.bob = 0.1;
	vi.advanceTimersByTime(5_000);
	expect(told.slice(2)).toEqual([
		['ann', ['bob']],
		['bob', ['bob']]
	]);

	stop();
	const asked = levels.mock.calls.length;
	vi.advanceTimersByTime(5_000);
	expect(levels).toHaveBeenCalledTimes(asked);
});
