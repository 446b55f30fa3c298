import { expect, test } from 'vitest';
import { RecentMap } from './recent-map';

test('past its most, the one that nobody touched for longest goes', () => {
	const map = new RecentMap<number>(2, () => 0);
	map.set('a', 1);
	map.set('b', 2);
	expect(map.get('a')).toBe(1);
	map.set('c', 3);
	expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
});

test('pruning drops what was not touched for a while, unless it is to be kept', () => {
	let now = 0;
	const map = new RecentMap<number>(9, () => now);
	for (const key of ['old', 'kept', 'touched']) map.set(key, 1);
	now = 10;
	map.get('touched');
	map.prune(9, (key) => key === 'kept');
	expect([map.get('old'), map.get('kept'), map.get('touched')]).toEqual([undefined, 1, 1]);
	map.clear();
	expect(map.get('kept')).toBeUndefined();
});
