import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoomMessage } from '../call/core/inbox';
import { addMessages, gapAfter, hasEarlier, noteHead, openLog, type MessageLog } from './message-log';

const OTHER = '00000000-0000-4000-8000-0000000000bb';

function message(n: number, authorId = OTHER): RoomMessage {
	return {
		id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
		roomId: '00000000-0000-4000-8000-0000000000ff',
		n,
		authorId,
		authorName: 'Ada',
		body: `message ${n}`,
		createdAt: n,
		call: null
	};
}

const range = (from: number, to: number) =>
	Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index));
const numbers = (log: MessageLog) => log.messages.map((one) => one.n);

/** The server's answer: what comes after a number, at most `limit`. */
const pageAfter = (lastN: number, after: number, limit: number) =>
	range(after + 1, Math.min(lastN, after + limit));

function expectSound(log: MessageLog): void {
	expect(numbers(log)).toEqual(range(log.from, log.to).map((one) => one.n));
	expect(log.ahead.every((one) => one.n < log.from - 1 || one.n > log.to + 1)).toBe(true);
	expect(new Set(log.ahead.map((one) => one.n)).size).toBe(log.ahead.length);
	expect(log.head).toBeGreaterThanOrEqual(log.to);
}

describe('a room’s log', () => {
	test('shows a page, then what comes live', () => {
		const log = addMessages(addMessages(openLog(3), range(1, 3)), [message(4)]);
		expect(numbers(log)).toEqual([1, 2, 3, 4]);
		expect(gapAfter(log)).toBeNull();
		expect(hasEarlier(log)).toBe(false);
	});

	test('holds back what lies behind a gap, and asks for the gap', () => {
		const log = addMessages(addMessages(openLog(3), range(1, 3)), [message(6)]);
		expect(numbers(log)).toEqual([1, 2, 3]);
		expect(gapAfter(log)).toBe(3);
		expect(numbers(addMessages(log, range(4, 5)))).toEqual([1, 2, 3, 4, 5, 6]);
	});

	test('asks when it only hears that the room has moved', () => {
		expect(gapAfter(noteHead(openLog(0), 2))).toBe(0);
		expect(noteHead(openLog(5), 3)).toEqual(openLog(5));
	});

	test('pages back without touching the end', () => {
		const log = addMessages(addMessages(openLog(9), range(7, 9)), range(4, 6));
		expect(numbers(log)).toEqual([4, 5, 6, 7, 8, 9]);
		expect(hasEarlier(log)).toBe(true);
	});

	test('is the same object when nothing is new', () => {
		const log = addMessages(openLog(3), range(1, 3));
		expect(addMessages(log, range(2, 3))).toBe(log);
	});
});

type News =
	| { type: 'live'; n: number }
	| { type: 'head'; n: number }
	| { type: 'page-back'; limit: number }
	| { type: 'page-on'; limit: number };

const LAST = 40;
const news: fc.Arbitrary<News> = fc.oneof(
	fc.record({ type: fc.constant('live' as const), n: fc.integer({ min: 1, max: LAST }) }),
	fc.record({ type: fc.constant('head' as const), n: fc.integer({ min: 0, max: LAST }) }),
	fc.record({ type: fc.constant('page-back' as const), limit: fc.integer({ min: 1, max: 9 }) }),
	fc.record({ type: fc.constant('page-on' as const), limit: fc.integer({ min: 1, max: 9 }) })
);

function apply(log: MessageLog, item: News): MessageLog {
	switch (item.type) {
		case 'live':
			return addMessages(log, [message(item.n)]);
		case 'head':
			return noteHead(log, item.n);
		case 'page-back':
			return addMessages(log, range(Math.max(1, log.from - item.limit), log.from - 1));
		case 'page-on':
			return addMessages(log, pageAfter(LAST, log.to, item.limit));
	}
}

test('any interleaving of live, doubled, lost and paged messages ends with the whole log', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: LAST }),
			fc.integer({ min: 0, max: 10 }),
			fc.array(news, { maxLength: 60, size: 'max' }),
			fc.integer({ min: 1, max: 9 }),
			(lastAtOpening, firstPage, items, limit) => {
				let log = addMessages(
					openLog(lastAtOpening),
					range(Math.max(1, lastAtOpening - firstPage + 1), lastAtOpening)
				);
				for (const item of items) {
					const before = log;
					log = apply(log, item);
					expectSound(log);
					// What was shown stays shown.
					expect(log.from).toBeLessThanOrEqual(before.from);
					expect(log.to).toBeGreaterThanOrEqual(before.to);
				}
				// The next state item says where the room is; the page asks until nothing is missing.
				log = noteHead(log, LAST);
				for (let after = gapAfter(log); after !== null; after = gapAfter(log)) {
					log = addMessages(log, pageAfter(LAST, after, limit));
				}
				while (hasEarlier(log)) log = apply(log, { type: 'page-back', limit });
				expect(log.messages).toEqual(range(1, LAST));
				expect(log.ahead).toEqual([]);
			}
		)
	);
});
