import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/lib/server/auth/accounts';
import { messages, rooms } from '../../src/lib/server/db/schema';
import { failureOf, keyOf, openWorld, type World } from './accounts-fixture';

let world: World;
let ada: Identity;
let bob: Identity;
let roomId: string;

beforeAll(async () => {
	world = await openWorld();
	ada = await world.addPerson('Ada');
	bob = await world.addPerson('Bob');
});
beforeEach(async () => {
	const room = await world.as(ada).rooms.create({ name: 'Kitchen' });
	const { code } = await world.as(ada).rooms.inviteCode({ roomId: room.id });
	await world.as(bob).rooms.join({ code });
	roomId = room.id;
	world.hush();
});
afterAll(() => world.drop());

const newId = () => crypto.randomUUID();
const send = (who: Identity, body: string, id: string = newId(), to = roomId) =>
	world.as(who).messages.send({ roomId: to, id, body });
const page = (input: { before?: number; after?: number; limit?: number } = {}) =>
	world.as(bob).messages.page({ roomId, ...input });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The log as it is kept: its numbers, and the room's own count. */
async function kept(inRoom = roomId) {
	const rows = await world.db.select().from(messages).where(eq(messages.roomId, inRoom)).orderBy(messages.n);
	const [room] = await world.db.select().from(rooms).where(eq(rooms.id, inRoom));
	return { ns: rows.map((row) => row.n), ids: rows.map((row) => row.id), lastN: room!.lastN };
}

describe('a message', () => {
	test('gets the next number, and everybody in the room hears of it after the commit', async () => {
		const id = newId();
		const message = await send(ada, '  hello\nthere ', id);
		expect(message).toEqual({
			id,
			roomId,
			n: 1,
			authorId: ada.userId,
			authorName: 'Ada',
			body: 'hello\nthere',
			createdAt: expect.any(Number),
			call: null
		});
		expect((await send(bob, 'hi')).n).toBe(2);
		expect(
			world.bus.heard
				.slice(0, 2)
				.map(({ topic }) => topic)
				.sort()
		).toEqual([`user:${ada.userId}`, `user:${bob.userId}`].sort());
		expect(world.bus.heard[0]!.news).toEqual({ type: 'room', roomId, stamp: expect.any(Number) });
		expect(await world.messages.byN(roomId, 1)).toEqual(message);
		expect(await world.messages.byN(roomId, 3)).toBeNull();
		expect((await world.as(bob).rooms.list())[0]).toMatchObject({ id: roomId, lastN: 2 });
	});

	test('sent again is the same message', async () => {
		const id = newId();
		const first = await send(ada, 'hello', id);
		expect(await send(ada, ' hello ', id)).toEqual(first);
		expect(await send(ada, 'hello', id.toUpperCase(), roomId.toUpperCase())).toEqual(first);
		expect(await kept()).toEqual({ ns: [1], ids: [id], lastN: 1 });
	});

	test('with an id that was used for something else is refused, and leaves no hole', async () => {
		const id = newId();
		await send(ada, 'hello', id);
		const other = await world.as(ada).rooms.create({ name: 'Cellar' });
		expect(await failureOf(send(ada, 'goodbye', id))).toMatchObject({
			key: 'message/id-taken',
			code: 'CONFLICT'
		});
		expect(await keyOf(send(ada, 'hello', id, other.id))).toBe('message/id-taken');
		expect(await kept(other.id)).toEqual({ ns: [], ids: [], lastN: 0 });
		expect((await send(ada, 'next')).n).toBe(2);
		// Ids are the author's own: nobody else can use one up.
		expect((await send(bob, 'hello', id)).n).toBe(3);
	});

	test.each([
		['nothing', ''],
		['only blanks', ' \n\t '],
		['too much', 'x'.repeat(4001)],
		['U+0000', 'a\0b'],
		['half a character', 'a\uD83Db']
	])('with %s in it is input/invalid', async (_title, body) => {
		expect(await failureOf(send(ada, body))).toMatchObject({ key: 'input/invalid', code: 'BAD_REQUEST' });
		expect(await kept()).toMatchObject({ lastN: 0 });
	});

	test('with a malformed id is input/invalid', async () => {
		expect(await keyOf(send(ada, 'hello', 'first'))).toBe('input/invalid');
	});

	test('as long as one may be comes back as it was', async () => {
		const body = '👍'.repeat(2000);
		await send(ada, body);
		expect((await page()).messages[0]!.body).toBe(body);
	});
});

describe('a page', () => {
	beforeEach(async () => {
		for (let i = 1; i <= 7; i++) await send(i % 2 ? ada : bob, `message ${i}`);
	});
	const nsOf = async (input?: Parameters<typeof page>[0]) => (await page(input)).messages.map(({ n }) => n);

	test('is ascending, whichever way it was asked for', async () => {
		expect(await page()).toMatchObject({ lastN: 7 });
		expect(await nsOf()).toEqual(range(1, 7));
		expect(await nsOf({ limit: 3 })).toEqual([5, 6, 7]);
		expect(await nsOf({ before: 5, limit: 3 })).toEqual([2, 3, 4]);
		expect(await nsOf({ before: 2, limit: 3 })).toEqual([1]);
		expect(await nsOf({ before: 1 })).toEqual([]);
		expect(await nsOf({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
		expect(await nsOf({ after: 5 })).toEqual([6, 7]);
		expect(await nsOf({ after: 7 })).toEqual([]);
		expect(await nsOf({ after: 1000 })).toEqual([]);
	});

	test.each<[string, { before?: number; after?: number; limit?: number }]>([
		['a size of 0', { limit: 0 }],
		['a size above 100', { limit: 101 }],
		['a negative number', { before: -1 }],
		['a number that Postgres has no room for', { after: 2 ** 31 }],
		['half a number', { before: 1.5 }],
		['both directions', { before: 5, after: 1 }]
	])('with %s is input/invalid', async (_title, input) => {
		expect(await keyOf(page(input))).toBe('input/invalid');
	});

	test('of any size leads through the whole log, both ways', async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
				const forwards: number[] = [];
				for (let after = 0; ; after = forwards.at(-1)!) {
					const ns = await nsOf({ after, limit });
					if (ns.length === 0) break;
					forwards.push(...ns);
				}
				const backwards = await nsOf({ limit });
				while (backwards[0]! > 1) backwards.unshift(...(await nsOf({ before: backwards[0]!, limit })));
				expect(forwards).toEqual(range(1, 7));
				expect(backwards).toEqual(range(1, 7));
			}),
			{ numRuns: 9 }
		);
	});
});

describe('many senders at once', () => {
	test('get numbers without holes, in two rooms that do not wait for each other', async () => {
		const other = await world.as(ada).rooms.create({ name: 'Cellar' });
		const sent = await Promise.all(
			range(1, 60).map((i) => send(i % 2 ? ada : bob, `message ${i}`).then(({ n }) => n))
		);
		const [inOther] = await Promise.all([
			Promise.all(range(1, 20).map((i) => send(ada, `other ${i}`, newId(), other.id))),
			Promise.all(range(1, 20).map((i) => send(bob, `more ${i}`)))
		]);
		expect(sent.sort((a, b) => a - b)).toEqual(range(1, 60));
		expect(inOther.map(({ n }) => n).sort((a, b) => a - b)).toEqual(range(1, 20));
		expect(await kept()).toMatchObject({ ns: range(1, 80), lastN: 80 });
	});

	test('who repeat themselves and mix up ids leave each message once, and no hole', async () => {
		const plan = fc.array(
			fc.record({ id: fc.nat(4), author: fc.boolean(), room: fc.boolean(), text: fc.nat(1) }),
			{ minLength: 1, maxLength: 25, size: 'max' }
		);
		await fc.assert(
			fc.asyncProperty(plan, async (sends) => {
				const both = await Promise.all(
					['one', 'two'].map(async (name) => {
						const room = await world.as(ada).rooms.create({ name });
						const { code } = await world.as(ada).rooms.inviteCode({ roomId: room.id });
						await world.as(bob).rooms.join({ code });
						return room.id;
					})
				);
				const ids = range(0, 4).map(newId);
				const results = await Promise.all(
					sends.map(async (each) => {
						const promise = send(
							each.author ? ada : bob,
							`text ${each.text}`,
							ids[each.id]!,
							both[each.room ? 1 : 0]!
						);
						const key = await keyOf(promise);
						return key === null ? await promise : key;
					})
				);
				// One message per author and id; whoever was refused had said something else under that id.
				const authored = new Set(sends.map((each) => `${each.author} ${each.id}`));
				const logs = await Promise.all(both.map((id) => kept(id)));
				expect(logs[0]!.ns.length + logs[1]!.ns.length).toBe(authored.size);
				for (const log of logs) {
					expect(log.ns).toEqual(range(1, log.lastN));
				}
				for (const [i, result] of results.entries()) {
					if (result === 'message/id-taken') continue;
					expect(result).toMatchObject({
						id: ids[sends[i]!.id],
						body: `text ${sends[i]!.text}`,
						roomId: both[sends[i]!.room ? 1 : 0]
					});
				}
			}),
			{ numRuns: 25 }
		);
	});

	test('of whom one is being removed: what is in the log was sent before', async () => {
		const sendSome = () => range(1, 15).map((i) => keyOf(send(bob, `message ${i}`)));
		const before = sendSome();
		const removal = world.as(ada).rooms.removeMember({ roomId, userId: bob.userId });
		const after = sendSome();
		await removal;
		const keys = await Promise.all([...before, ...after]);
		const sent = keys.filter((key) => key === null).length;
		expect(keys.filter((key) => key === 'room/not-found')).toHaveLength(30 - sent);
		expect(await kept()).toMatchObject({ ns: range(1, sent), lastN: sent });
		// Nothing slips in behind the removal.
		expect(await keyOf(send(bob, 'one more'))).toBe('room/not-found');
	});
});
