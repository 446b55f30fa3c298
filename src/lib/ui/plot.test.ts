import { expect, test } from 'vitest';
import { plotLines, rangeOf } from './plot';

test('the newest is at the right, the most at the top, and what is not known interrupts the line', () => {
	expect(plotLines([0, 5, null, 10, 10], 5)).toEqual(['0,100 25,50', '75,0 100,0']);
});

test('few values begin where their time was', () => {
	expect(plotLines([1, 1], 5)).toEqual(['75,0 100,0']);
});

test.each([
	[[], []],
	[[null, null], []],
	[[0, 0], ['0,100 100,100']],
	[[null, 3], ['100,0 100,0']]
])('%j -> %j', (values, lines) => {
	expect(plotLines(values, 2)).toEqual(lines);
});

test('noise is small where the height stands for more', () => {
	expect(plotLines([1, 0.5], 2, 10)).toEqual(['0,90 100,95']);
	expect(plotLines([20, 10], 2, 10)).toEqual(['0,0 100,50']);
});

test('the range is of what is known', () => {
	expect(rangeOf([null, 4, 2, null])).toEqual({ least: 2, most: 4 });
	expect(rangeOf([null])).toBeNull();
});
