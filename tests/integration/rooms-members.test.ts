import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/lib/server/auth/accounts';
import { roomInvites, roomMembers, rooms } from '../../src/lib/server/db/schema';
import { failureOf, keyOf, openWorld, type World } from './accounts-fixture';

const UNKNOWN_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';

let world: World;
let ada: Identity;
let bob: Identity;
let carol: Identity;
let mallory: Identity;
/** What the hook of the call rooms was told, and whether it fails. */
const hook = { gone: [] as { roomId: string; userId: string }[], finished: 0, fails: false };

beforeAll(async () => {
	world = await openWorld({
		async onMemberGone(tx, gone) {
			// Inside the transaction: the membership is gone already, and only here.
			const left = await tx.select().from(roomMembers).where(eq(roomMembers.roomId, gone.roomId));
			expect(left.map((member) => member.userId)).not.toContain(gone.userId);
			if (hook.fails) throw new Error('the hook failed');
			hook.gone.push(gone);
			return () => void hook.finished++;
		}
	});
	ada = await world.addPerson('Ada');
	bob = await world.addPerson('Bob');
	carol = await world.addPerson('Carol');
	mallory = await world.addPerson('Mallory');
});
beforeEach(() => {
	world.hush();
	Object.assign(hook, { gone: [], finished: 0, fails: false });
});
afterAll(() => world.drop());

/** A room of Ada's with these guests, come by invite. */
async function roomWith(...guests: Identity[]) {
	const room = await world.as(ada).rooms.create({ name: 'Kitchen' });
	const { code } = await world.as(ada).rooms.inviteCode({ roomId: room.id });
	for (const guest of guests) await world.as(guest).rooms.join({ code });
	world.hush();
	return { roomId: room.id, code };
}

const namesIn = async (roomId: string, viewer = ada) =>
	(await world.as(viewer).rooms.detail({ roomId })).members.map((member) => member.username);

const rolesIn = async (roomId: string) =>
	(await world.db.select().from(roomMembers).where(eq(roomMembers.roomId, roomId)))
		.map((one) => one.role)
		.sort();

const heard = () => world.bus.heard.map(({ topic, news }) => `${topic} ${news.type}`).sort();

describe('an invite', () => {
	test('is made once, shows what one joins, and lets in', async () => {
		const { roomId, code } = await roomWith();
		expect(await world.as(ada).rooms.inviteCode({ roomId })).toEqual({ code });
		expect(await world.as(bob).rooms.peekInvite({ code })).toEqual({ roomName: 'Kitchen', memberCount: 1 });
		const room = await world.as(bob).rooms.join({ code });
		expect(room).toMatchObject({ id: roomId, kind: 'group', name: 'Kitchen', role: 'member', lastN: 0 });
		expect(heard()).toEqual([`user:${ada.userId} room`, `user:${bob.userId} room`].sort());
		// Any member may pass it on.
		expect(await world.as(bob).rooms.inviteCode({ roomId })).toEqual({ code });
	});

	test('is made once by many at once', async () => {
		const { id: roomId } = await world.as(ada).rooms.create({ name: 'Kitchen' });
		const codes = await Promise.all(
			Array.from({ length: 6 }, () => world.as(ada).rooms.inviteCode({ roomId }))
		);
		expect(new Set(codes.map(({ code }) => code)).size).toBe(1);
	});

	test('used again changes nothing, and tells nobody', async () => {
		const { roomId, code } = await roomWith(bob);
		expect(await world.as(bob).rooms.join({ code })).toMatchObject({ id: roomId, role: 'member' });
		expect(await world.as(ada).rooms.join({ code })).toMatchObject({ id: roomId, role: 'owner' });
		expect(world.bus.heard).toEqual([]);
		await Promise.all(Array.from({ length: 5 }, () => world.as(carol).rooms.join({ code })));
		expect(await namesIn(roomId)).toEqual(['ada', 'bob', 'carol']);
	});

	test('that is unknown or shortened is not valid; a malformed one is refused', async () => {
		const { code } = await roomWith();
		const as = world.as(bob);
		for (const wrong of [code.slice(1), 'x']) {
			expect(await keyOf(as.rooms.peekInvite({ code: wrong }))).toBe('room/invite-not-found');
			expect(await failureOf(as.rooms.join({ code: wrong }))).toMatchObject({
				key: 'room/invite-not-found',
				code: 'NOT_FOUND'
			});
		}
		for (const malformed of ['', 'a b', '\0', 'x'.repeat(65)]) {
			expect(await keyOf(as.rooms.join({ code: malformed }))).toBe('input/invalid');
			expect(await keyOf(as.rooms.peekInvite({ code: malformed }))).toBe('input/invalid');
		}
	});

	test('ends with its last member', async () => {
		const { roomId, code } = await roomWith();
		await world.as(ada).rooms.leave({ roomId });
		expect(await keyOf(world.as(bob).rooms.join({ code }))).toBe('room/invite-not-found');
		// The room's row stays: histories name it.
		expect(await world.db.select().from(rooms).where(eq(rooms.id, roomId))).toHaveLength(1);
		expect(await world.db.select().from(roomInvites).where(eq(roomInvites.roomId, roomId))).toEqual([]);
	});

	test('used while the last member leaves never leads into a room without an owner', async () => {
		for (let round = 0; round < 15; round++) {
			const { roomId, code } = await roomWith();
			const [left, joined] = await Promise.all([
				keyOf(world.as(ada).rooms.leave({ roomId })),
				keyOf(world.as(bob).rooms.join({ code }))
			]);
			// Bob came first, and the room is his now; or Ada went first, and took the invite along.
			expect(left).toBeNull();
			if (joined === null) expect(await rolesIn(roomId)).toEqual(['owner']);
			else expect(joined).toBe('room/invite-not-found');
		}
	});
});

describe('leaving', () => {
	test('tells who left and who stays, and ends what calls hold, once', async () => {
		const { roomId } = await roomWith(bob, carol);
		await world.as(bob).rooms.leave({ roomId });
		expect(await namesIn(roomId)).toEqual(['ada', 'carol']);
		expect(hook.gone).toEqual([{ roomId, userId: bob.userId }]);
		expect(hook.finished).toBe(1);
		expect(heard()).toEqual(
			[`user:${bob.userId} membership`, `user:${ada.userId} room`, `user:${carol.userId} room`].sort()
		);
		expect(await keyOf(world.as(bob).rooms.leave({ roomId }))).toBe('room/not-found');
	});

	test('of the last owner passes the room to whoever has been in it longest', async () => {
		const { roomId } = await roomWith(bob, carol);
		await world.as(ada).rooms.leave({ roomId });
		const { members } = await world.as(bob).rooms.detail({ roomId });
		expect(members.map((member) => [member.username, member.role])).toEqual([
			['bob', 'owner'],
			['carol', 'member']
		]);
	});

	test('of two owners at the same moment leaves one in charge of who is there', async () => {
		for (let round = 0; round < 10; round++) {
			const { roomId } = await roomWith(bob, carol);
			await world.db
				.update(roomMembers)
				.set({ role: 'owner' })
				.where(and(eq(roomMembers.roomId, roomId), eq(roomMembers.userId, bob.userId)));
			await Promise.all([
				world.as(ada).rooms.leave({ roomId }),
				world.as(bob).rooms.removeMember({ roomId, userId: bob.userId.toUpperCase() })
			]);
			expect(await rolesIn(roomId)).toEqual(['owner']);
		}
	});
});

describe('removing a member', () => {
	test('is for owners', async () => {
		const { roomId } = await roomWith(bob, carol);
		const attempt = world.as(bob).rooms.removeMember({ roomId, userId: carol.userId });
		expect(await failureOf(attempt)).toMatchObject({ key: 'room/not-owner', code: 'FORBIDDEN' });
		await world.as(ada).rooms.removeMember({ roomId, userId: carol.userId });
		expect(await namesIn(roomId)).toEqual(['ada', 'bob']);
		expect(hook.gone).toEqual([{ roomId, userId: carol.userId }]);
		expect(heard()).toEqual(
			[`user:${carol.userId} membership`, `user:${ada.userId} room`, `user:${bob.userId} room`].sort()
		);
		expect(await keyOf(world.as(carol).messages.page({ roomId }))).toBe('room/not-found');
	});

	test('needs a member', async () => {
		const { roomId } = await roomWith(bob);
		const remove = (userId: string) => keyOf(world.as(ada).rooms.removeMember({ roomId, userId }));
		expect(await remove(mallory.userId)).toBe('room/no-such-member');
		expect(await remove(UNKNOWN_ID)).toBe('room/no-such-member');
		expect(await remove('bob')).toBe('input/invalid');
	});

	test('and its hook are one transaction: when the hook fails, nothing has happened', async () => {
		const { roomId } = await roomWith(bob);
		hook.fails = true;
		await expect(world.as(ada).rooms.removeMember({ roomId, userId: bob.userId })).rejects.toThrow();
		await expect(world.as(bob).rooms.leave({ roomId })).rejects.toThrow();
		expect(await namesIn(roomId)).toEqual(['ada', 'bob']);
		expect(hook.finished).toBe(0);
		expect(world.bus.heard).toEqual([]);
	});
});
