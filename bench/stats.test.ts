import { expect, test } from 'vitest';
import { formatNumber, formatTable, median, medianOf, percentile } from './stats';

test('a percentile is a value that was measured, and the order they came in does not matter', () => {
	const values = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
	expect(percentile(values, 0.5)).toBe(50);
	expect(percentile(values, 0.99)).toBe(99);
	expect(percentile([7], 0.99)).toBe(7);
	expect(percentile([], 0.5)).toBeNaN();
});

test('a median sorts numbers as numbers, and lies between two middles', () => {
	expect(median([10, 9, 100])).toBe(10);
	expect(median([1, 2, 3, 10])).toBe(2.5);
	expect(median([])).toBeNaN();
});

test('a median leaves out what was not measured', () => {
	const cpu = (of: (number | null)[]) => medianOf(of, (one) => one);
	expect(cpu([3, null, 5])).toBe(4);
	expect(cpu([null])).toBeNull();
});

test('numbers show three digits, and nothing is no zero', () => {
	expect([1234.5, 12.34, 0.1234, 0, null, NaN].map(formatNumber)).toEqual([
		'1,235',
		'12.3',
		'0.12',
		'0.00',
		'-',
		'-'
	]);
});

test('a table keeps its columns', () => {
	expect(
		formatTable([
			['a', 'n'],
			['long', '10'],
			['b', '9']
		])
	).toBe('a      n\nlong  10\nb      9');
});
