import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MultiMap } from './multi-map';

const values = [{ n: 1 }, { n: 2 }, { n: 3 }];

test('holds under each key what was added and not taken away, once each', () => {
	const step = fc.record({
		add: fc.boolean(),
		key: fc.constantFrom('a', 'b'),
		value: fc.constantFrom(...values)
	});
	fc.assert(
		fc.property(fc.array(step), (steps) => {
			const map = new MultiMap<{ n: number }>();
			const model = new Map([
				['a', new Set<object>()],
				['b', new Set<object>()]
			]);
			for (const { add, key, value } of steps) {
				if (add) map.add(key, value);
				else map.delete(key, value);
				if (add) model.get(key)?.add(value);
				else model.get(key)?.delete(value);
			}
			for (const [key, held] of model) {
				expect([...map.of(key)].sort((a, b) => a.n - b.n)).toEqual(values.filter((one) => held.has(one)));
				expect(map.has(key)).toBe(held.size > 0);
			}
			map.clear();
			expect(map.of('a')).toEqual([]);
		})
	);
});
