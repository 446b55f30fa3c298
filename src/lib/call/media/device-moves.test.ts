import { expect, test } from 'vitest';
import { moveFor, type DeviceFacts } from './device-moves';

const A = { id: 'a', label: 'A' };
const B = { id: 'b', label: 'B' };
const base: DeviceFacts = { lost: null, openedBy: undefined, chosen: null, before: [A, B], now: [A, B] };

test.each<[title: string, facts: Partial<DeviceFacts>, move: ReturnType<typeof moveFor>]>([
	['none is open', {}, 'none'],
	['the default is open, and all is as it was', { openedBy: null }, 'none'],
	['A is open; B goes', { openedBy: 'a', chosen: A, now: [A] }, 'none'],
	[
		'A is open and chosen; it goes from the list, and may end yet',
		{ openedBy: 'a', chosen: A, now: [B] },
		'none'
	],
	['A ended and is gone', { lost: A, chosen: A, now: [B] }, 'replace'],
	['A ended and is gone, and there is no other', { lost: A, chosen: A, now: [] }, 'go-without'],
	['A ended and is listed: stopped on purpose', { lost: A, chosen: A }, 'none'],
	['A ended, was away, and is back', { lost: A, before: [], now: [A] }, 'take-back'],
	['A ended; the chosen B appears', { lost: A, chosen: B, before: [A], now: [A, B] }, 'take-back'],
	['the default is open; the chosen B appears', { openedBy: null, chosen: B, before: [A] }, 'take-back'],
	['the default is open; the chosen B was there: the browser chose', { openedBy: null, chosen: B }, 'none'],
	['the default is open; the first list tells of B', { openedBy: null, chosen: B, before: [] }, 'none'],
	['B is open; it is listed anew', { openedBy: 'b', chosen: B, before: [A] }, 'none']
])('%s', (_title, facts, move) => {
	expect(moveFor({ ...base, ...facts })).toBe(move);
});
