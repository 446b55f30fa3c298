import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { News, Topic } from './bus';
import { decodeNews, encodeNews, isFrom, MAX_MESSAGE_CHARS, probeOf, type Entry } from './message';
import { Outgoing } from './outgoing';

const ORIGIN = '0123456789ab';
const ids = ['5e0c7a5e-3b0f-4e52-8a5e-0d6b2a9d4f01', '5e0c7a5e-3b0f-4e52-8a5e-0d6b2a9d4f02'];

const topic = fc
	.tuple(fc.constantFrom('user', 'device', 'session'), fc.constantFrom('a', 'b', 'c', 'x'.repeat(128)))
	.map(([kind, id]): Topic => `${kind as 'user'}:${id}`);
const small = fc.integer({ min: 1, max: 4 });
const news = fc.oneof(
	fc.record({ type: fc.constant('call' as const), callId: fc.constantFrom(...ids), version: small }),
	fc.record({
		type: fc.constantFrom('room' as const, 'membership' as const),
		roomId: fc.constantFrom(...ids),
		stamp: small
	}),
	fc.record({ type: fc.constant('mailbox' as const), epoch: small, head: small }),
	fc.record({ type: fc.constant('standing' as const), changedAt: fc.option(small) }),
	fc.constant({ type: 'closed' as const })
);
const publish = fc.tuple(fc.array(topic, { minLength: 1, maxLength: 120, size: 'max' }), news);

const flat = (entries: readonly Entry[]): [Topic, News][] =>
	entries.flatMap(([topics, told]) => topics.map((one): [Topic, News] => [one, told]));

const NUMBERS = ['version', 'stamp', 'changedAt', 'epoch', 'head'];

/** What news is about, and how new it is, said without a rule per kind. */
function aspects(told: News): { about: string; place: number[] } {
	const fields = Object.entries(told);
	const about = fields.filter(([name]) => !NUMBERS.includes(name)).join();
	const place = NUMBERS.flatMap((name) => fields.filter(([own]) => own === name).map(([, n]) => Number(n)));
	return { about, place };
}

/** The plain way to say it: of the same thing on one topic the newest stays, and of equals the last. */
function newestOfEach(published: readonly Entry[]): [Topic, News][] {
	const kept = new Map<string, [Topic, News]>();
	for (const [to, told] of flat(published.map(([topics, one]) => [[...new Set(topics)], one]))) {
		const { about, place } = aspects(told);
		const before = kept.get(`${to} ${about}`);
		const others = before ? aspects(before[1]).place : [];
		const differs = place.findIndex((n, i) => n !== others[i]);
		if (before && differs !== -1 && (place[differs] ?? 0) < (others[differs] ?? 0)) continue;
		kept.delete(`${to} ${about}`);
		kept.set(`${to} ${about}`, [to, told]);
	}
	return [...kept.values()];
}

test('of the same thing on one topic only the newest goes, in the order in which the newest came', () => {
	fc.assert(
		fc.property(fc.array(publish, { maxLength: 40, size: 'max' }), (published) => {
			const outgoing = new Outgoing();
			for (const [topics, told] of published) outgoing.add(topics, told);
			const expected = newestOfEach(published);
			expect(outgoing.size).toBe(expected.length);
			expect(flat(outgoing.take())).toEqual(expected);
			expect([outgoing.size, outgoing.take()]).toEqual([0, []]);
		})
	);
});

test('what waits does not grow with how often the same is told', () => {
	const outgoing = new Outgoing();
	for (let head = 1; head <= 10_000; head++) outgoing.add(['device:a'], { type: 'mailbox', epoch: 1, head });
	expect(outgoing.take()).toEqual([[['device:a'], { type: 'mailbox', epoch: 1, head: 10_000 }]]);
});

test('messages say the same as what went in, in order, and none is too large for NOTIFY', () => {
	fc.assert(
		fc.property(fc.array(publish, { maxLength: 30, size: 'max' }), (published) => {
			const messages = encodeNews(ORIGIN, published);
			for (const text of messages) {
				expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_MESSAGE_CHARS);
				expect(isFrom(ORIGIN, text)).toBe(true);
			}
			const read = messages.map((text) => decodeNews(text));
			expect(read.every((one) => one?.unreadable === 0)).toBe(true);
			expect(flat(read.flatMap((one) => one?.entries ?? []))).toEqual(flat(published));
		})
	);
});

test('a message of many small entries stays within what a reader takes', () => {
	const many = Array.from({ length: 5_000 }, (): Entry => [['user:a'], { type: 'closed' }]);
	const read = encodeNews(ORIGIN, many).map((text) => decodeNews(text)?.entries.length ?? 0);
	expect(read.reduce((sum, count) => sum + count, 0)).toBe(5_000);
});

test('nothing makes no message, and a probe is a message of nothing', () => {
	expect(encodeNews(ORIGIN, [])).toEqual([]);
	expect(decodeNews(probeOf(ORIGIN))).toEqual({ entries: [], unreadable: 0 });
	expect(isFrom('ba9876543210', probeOf(ORIGIN))).toBe(false);
});

test('no text makes the reader throw', () => {
	const text = fc.oneof(
		fc.string(),
		fc.json().map((json) => `${ORIGIN}:${json}`),
		fc
			.array(fc.oneof(fc.json(), fc.constant('[["user:a"],{"type":"closed"}]')))
			.map((all) => `${ORIGIN}:[${all.join()}]`)
	);
	fc.assert(fc.property(text, (said) => void decodeNews(said)));
});
