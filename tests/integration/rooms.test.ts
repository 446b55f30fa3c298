import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/lib/server/auth/accounts';
import { users } from '../../src/lib/server/db/schema';
import { failureOf, keyOf, openWorld, type World } from './accounts-fixture';

const UNKNOWN_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';

let world: World;
let ada: Identity;
let bob: Identity;
let mallory: Identity;

beforeAll(async () => {
	world = await openWorld();
	ada = await world.addPerson('Ada');
	bob = await world.addPerson('Bob');
	mallory = await world.addPerson('Mallory');
});
beforeEach(() => world.hush());
afterAll(() => world.drop());

/** A room of Ada's, with Bob in it. */
async function sharedRoom(): Promise<string> {
	const { id: roomId } = await world.as(ada).rooms.create({ name: 'Kitchen' });
	const { code } = await world.as(ada).rooms.inviteCode({ roomId });
	await world.as(bob).rooms.join({ code });
	world.hush();
	return roomId;
}

const heard = () => world.bus.heard.map(({ topic, news }) => `${topic} ${news.type}`).sort();

describe('a room', () => {
	test('is made by its owner, who hears of it', async () => {
		const room = await world.as(ada).rooms.create({ name: ' Kitchen ' });
		expect(room).toEqual({
			id: expect.any(String),
			kind: 'group',
			name: 'Kitchen',
			role: 'owner',
			lastN: 0,
			lastRead: 0,
			ring: 'ring',
			membersChangedAt: expect.any(Number)
		});
		expect(world.bus.heard).toEqual([
			{ topic: `user:${ada.userId}`, news: { type: 'room', roomId: room.id, stamp: expect.any(Number) } }
		]);
		expect(await world.as(ada).rooms.detail({ roomId: room.id })).toEqual({
			room,
			members: [
				{
					userId: ada.userId,
					username: 'ada',
					displayName: 'Ada',
					role: 'owner',
					joinedAt: expect.any(Number)
				}
			]
		});
	});

	test('with the newest activity comes first in the list', async () => {
		const dave = await world.addPerson('Dave');
		const as = world.as(dave);
		const first = await as.rooms.create({ name: 'first' });
		const second = await as.rooms.create({ name: 'second' });
		expect((await as.rooms.list()).map((room) => room.name)).toEqual(['second', 'first']);
		await as.messages.send({ roomId: first.id, id: crypto.randomUUID(), body: 'hello' });
		expect(await as.rooms.list()).toEqual([{ ...first, lastN: 1, lastRead: 1 }, second]);
	});

	test('that is somebody else’s looks like an unknown one, whatever is asked of it', async () => {
		const roomId = await sharedRoom();
		const as = world.as(mallory);
		const asks = (id: string) => [
			as.rooms.detail({ roomId: id }),
			as.rooms.leave({ roomId: id }),
			as.rooms.removeMember({ roomId: id, userId: bob.userId }),
			as.rooms.inviteCode({ roomId: id }),
			as.rooms.revokeInvite({ roomId: id }),
			as.rooms.markRead({ roomId: id, n: 1 }),
			as.rooms.setRing({ roomId: id, ring: 'none' }),
			as.messages.page({ roomId: id }),
			as.messages.send({ roomId: id, id: crypto.randomUUID(), body: 'hello' })
		];
		const theirs = await Promise.all(asks(roomId).map(failureOf));
		const unknown = await Promise.all(asks(UNKNOWN_ID).map(failureOf));
		expect(theirs).toEqual(Array(9).fill({ key: 'room/not-found', code: 'NOT_FOUND', details: {} }));
		expect(theirs).toEqual(unknown);
		expect(await world.rooms.head(roomId, mallory.userId)).toBeNull();
		expect(await world.as(mallory).rooms.list()).toEqual([]);
		// And below the routers, where the call rooms ask.
		expect(await keyOf(world.rooms.requireMember(roomId, mallory.userId))).toBe('room/not-found');
		expect(await world.rooms.requireMember(roomId, bob.userId)).toEqual({
			roomId,
			userId: bob.userId,
			role: 'member'
		});
		expect((await world.rooms.memberIds(world.db, roomId)).sort()).toEqual([ada.userId, bob.userId].sort());
		expect(world.bus.heard).toEqual([]);
	});

	test.each(['', '  ', 'x'.repeat(81), 'a\0b', 'a\nb', 'a\uD800'])(
		'is not made with the name %j',
		async (name) => {
			expect(await keyOf(world.as(ada).rooms.create({ name }))).toBe('input/invalid');
		}
	);

	test.each(['', 'kitchen', `${UNKNOWN_ID}0`, '\0'])('is not looked for by %j', async (roomId) => {
		expect(await keyOf(world.as(ada).rooms.detail({ roomId }))).toBe('input/invalid');
	});

	test('is shown to nobody who is not signed in', async () => {
		const roomId = await sharedRoom();
		expect(await keyOf(world.as(null).rooms.list())).toBe('auth/required');
		expect(await keyOf(world.as(null).rooms.detail({ roomId }))).toBe('auth/required');
	});
});

describe('a direct room', () => {
	test('is one per pair, and each sees the other’s name', async () => {
		const [erin, finn] = [await world.addPerson('Erin'), await world.addPerson('Finn')];
		const hers = await world.as(erin).rooms.openDirect({ username: ' FINN ' });
		expect(hers).toMatchObject({ kind: 'direct', name: 'Finn', role: 'member' });
		expect(heard()).toEqual([`user:${erin.userId} room`, `user:${finn.userId} room`].sort());
		world.hush();
		const his = await world.as(finn).rooms.openDirect({ username: 'erin' });
		expect(his).toEqual({ ...hers, name: 'Erin' });
		expect(world.bus.heard).toEqual([]);
		expect(await world.as(finn).rooms.list()).toEqual([his]);
	});

	test('is one also when both open it at the same moment', async () => {
		for (let round = 0; round < 10; round++) {
			const [left, right] = [await world.addPerson(`Left${round}`), await world.addPerson(`Right${round}`)];
			const opened = await Promise.all(
				Array.from({ length: 6 }, (_, i) =>
					i % 2
						? world.as(left).rooms.openDirect({ username: right.username })
						: world.as(right).rooms.openDirect({ username: left.username })
				)
			);
			expect(new Set(opened.map((room) => room.id)).size).toBe(1);
			expect(await world.as(left).rooms.list()).toHaveLength(1);
			expect(await world.rooms.memberIds(world.db, opened[0]!.id)).toHaveLength(2);
		}
	});

	test('can be neither left nor edited', async () => {
		const { id: roomId } = await world.as(ada).rooms.openDirect({ username: 'bob' });
		const as = world.as(ada);
		const attempts = [
			as.rooms.leave({ roomId }),
			as.rooms.removeMember({ roomId, userId: bob.userId }),
			as.rooms.inviteCode({ roomId })
		];
		for (const failure of await Promise.all(attempts.map(failureOf))) {
			expect(failure).toMatchObject({ key: 'room/direct-fixed', code: 'CONFLICT' });
		}
	});

	test('needs somebody else who is here', async () => {
		const gone = await world.addPerson('Gone');
		await world.db.update(users).set({ deactivatedAt: Date.now() }).where(eq(users.id, gone.userId));
		const open = (username: string) => keyOf(world.as(ada).rooms.openDirect({ username }));
		expect(await open('ada')).toBe('user/not-yourself');
		expect(await open('nobody-here')).toBe('user/not-found');
		expect(await open('gone')).toBe('user/not-found');
		expect(await open('a b')).toBe('input/invalid');
	});
});
