import { expect, test } from 'vitest';
import { retryAfterMs } from './send';

const NOW = Date.parse('2026-11-21T20:00:00Z');

test.each<[string | null, number | null]>([
	[null, null],
	['0', 0],
	['120', 120_000],
	['Sat, 21 Nov 2026 20:00:30 GMT', 30_000],
	['Sat, 21 Nov 2026 19:00:00 GMT', 0],
	['soon', null],
	['', null],
	['9'.repeat(30), null]
])('Retry-After: %s', (header, ms) => {
	expect(retryAfterMs(header, NOW)).toBe(ms);
});
