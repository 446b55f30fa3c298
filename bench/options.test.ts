import { expect, test } from 'vitest';
import { readOptions, UsageError } from './options';

test('nothing said runs everything', () => {
	expect(readOptions([])).toEqual({
		benches: ['relay', 'calls', 'ring'],
		quick: false,
		json: false,
		against: null
	});
});

test('a benchmark by its name, with flags in any order', () => {
	expect(readOptions(['--json', 'calls', '--quick'])).toEqual({
		benches: ['calls'],
		quick: true,
		json: true,
		against: null
	});
});

test('another checkout, as a path from here', () => {
	expect(readOptions(['--against', '/somewhere/else']).against).toBe('/somewhere/else');
});

test.each(['relays', '--fast', '--against'])('%s is refused, with what there is', (word) => {
	expect(() => readOptions([word])).toThrow(UsageError);
	expect(() => readOptions([word])).toThrow(/relay calls ring connect recovery profile.*--quick/);
});
