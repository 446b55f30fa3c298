import { expect, test } from 'vitest';
import { ringTtlSeconds } from './pusher';

test.each([
	[45_000, 45],
	[20_900, 20],
	[2_000, 2],
	[1_999, 1],
	[1_000, 1],
	[999, 1],
	[600, 1],
	[1, 1],
	[-1, 1]
])('a ring with %i ms left is kept for %i s', (leftMs, seconds) => {
	expect(ringTtlSeconds(leftMs)).toBe(seconds);
});
