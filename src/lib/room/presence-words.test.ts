import { expect, test } from 'vitest';
import type { Presence } from '../call/core/presence';
import { presenceWords } from './presence-words';

const now = new Date(2026, 5, 17, 12, 30).getTime();
const MINUTE_MS = 60_000;

test.each<[Presence, string]>([
	['online', 'Online'],
	['in-call', 'In a call'],
	['do-not-disturb', 'Do not disturb'],
	['offline', 'Offline']
])('%s: %s', (presence, words) => {
	expect(presenceWords({ userId: 'bob', presence, lastSeenAt: null }, now)).toBe(words);
});

test.each([
	[-5_000, 'Last seen just now'],
	[59_999, 'Last seen just now'],
	[MINUTE_MS, 'Last seen 1 min ago'],
	[5.9 * MINUTE_MS, 'Last seen 5 min ago'],
	[60 * MINUTE_MS, 'Last seen 1 h ago'],
	[12 * 60 * MINUTE_MS, 'Last seen 12 h ago'],
	[13 * 60 * MINUTE_MS, 'Last seen yesterday'],
	[400 * 24 * 60 * MINUTE_MS, /^Last seen .*2025/]
])('%d ms ago: %s', (ago, words) => {
	const said = presenceWords({ userId: 'bob', presence: 'offline', lastSeenAt: now - ago }, now);
	if (typeof words === 'string') expect(said).toBe(words);
	else expect(said).toMatch(words);
});
