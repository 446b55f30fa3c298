import { expect, test } from 'vitest';
import { dayLabel, durationLabel, sameDay } from './time';

const noon = new Date(2026, 5, 17, 12).getTime();
const at = (day: number, hour: number) => new Date(2026, 5, day, hour).getTime();

test.each([
	[at(17, 0), 'Today'],
	[at(17, 23), 'Today'],
	[at(16, 23), 'Yesterday'],
	[at(11, 1), new Date(2026, 5, 11).toLocaleDateString(undefined, { weekday: 'long' })]
])('a day is named after how long ago it is: %#', (instant, label) => {
	expect(dayLabel(instant, noon)).toBe(label);
});

test('a week ago and earlier is a date', () => {
	expect(dayLabel(at(10, 12), noon)).toContain('2026');
});

test('days are this person’s, not 24 hours', () => {
	expect(sameDay(at(16, 23), at(17, 0))).toBe(false);
	expect(sameDay(at(17, 0), at(17, 23))).toBe(true);
});

test.each([
	[400, '0 s'],
	[4_000, '4 s'],
	[60_000, '1 min'],
	[185_000, '3 min 5 s'],
	[3_600_000, '1 h'],
	[3_725_000, '1 h 2 min']
])('%d ms reads %s', (durationMs, words) => {
	expect(durationLabel(durationMs)).toBe(words);
});
