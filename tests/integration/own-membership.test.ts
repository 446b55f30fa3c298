import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { keyOf, testProduct } from '../fixtures/product';
import { annDevice, ann, bob, bobDevice, cat, media, product, roomId } from './people-fixture';

const say = (who = ann) => who.api.messages.send({ roomId, id: crypto.randomUUID(), body: 'hello' });
const headOf = async (who = bob) => (await who.api.rooms.detail({ roomId })).room;
const readBy = async (who = bob) => (await headOf(who)).lastRead;
const markRead = (n: number) => bob.api.rooms.markRead({ roomId, n });

describe('what a member has read', () => {
	beforeEach(async () => {
		for (let n = 1; n <= 5; n++) await say();
	});

	test('what others wrote is unread, and what one wrote is not', async () => {
		expect([await readBy(ann), await readBy(bob)]).toEqual([5, 0]);
		await say(bob);
		expect([await readBy(ann), await readBy(bob)]).toEqual([5, 6]);
	});

	test('only rises, and never past what is there, in whatever order it is told', async () => {
		const numbers = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 });
		let furthest = 0;
		await fc.assert(
			fc.asyncProperty(numbers, async (ns) => {
				await Promise.all(ns.map(markRead));
				furthest = Math.max(furthest, ...ns.map((n) => Math.min(n, 5)));
				expect(await readBy()).toBe(furthest);
			}),
			{ numRuns: 20 }
		);
	});

	test('all of one’s devices hear of it, also those on another server whose bus said nothing; nobody else does', async () => {
		const other = await testProduct({}, product);
		try {
			await other.heads.check();
			const heard: string[] = [];
			for (const server of [product, other]) {
				for (const [name, { userId }] of [
					['ann', ann],
					['bob', bob]
				] as const) {
					server.bus.subscribe([`user:${userId}`], (news) => {
						heard.push(`${server === product ? 'here' : 'there'} ${name} ${news.type}`);
					});
				}
			}
			await markRead(3);
			await markRead(2);
			expect(heard.filter((one) => one.startsWith('here'))).toEqual(['here bob membership']);
			await other.heads.check();
			expect(heard).toEqual(['here bob membership', 'there bob membership']);
		} finally {
			await other.close();
		}
	});

	test('whoever joins later has nothing to catch up with', async () => {
		const { id } = await ann.api.rooms.create({ name: 'Attic' });
		await ann.api.messages.send({ roomId: id, id: crypto.randomUUID(), body: 'hello' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: id });
		expect(await cat.api.rooms.join({ code })).toMatchObject({ lastN: 1, lastRead: 1 });
	});

	test.each([-1, 1.5, 2 ** 31])('%s is no message', async (n) => {
		expect(await keyOf(markRead(n))).toBe('input/invalid');
	});
});

describe('how calls of a room ring', () => {
	test('is each member’s own, and is told with each call; the call itself is the same', async () => {
		await bob.api.rooms.setRing({ roomId, ring: 'silent' });
		expect([(await headOf(ann)).ring, (await headOf(bob)).ring]).toEqual(['ring', 'silent']);
		const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'audio', ...media });
		expect(call.ring).toBe('ring');
		const seen = await bob.api.calls.get({ callId: call.id });
		expect(seen).toMatchObject({ ring: 'silent', phase: 'ringing' });
		expect(seen.participants.map(({ invite }) => invite)).toEqual(['accepted', 'ringing']);
		await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });
	});

	test('nothing else than the three is taken', async () => {
		expect(await keyOf(bob.api.rooms.setRing({ roomId, ring: 'loud' as 'ring' }))).toBe('input/invalid');
	});
});

describe('an invite link', () => {
	test('that was taken back leads nowhere; the next one is another', async () => {
		const { id } = await ann.api.rooms.create({ name: 'Attic' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: id });
		await bob.api.rooms.join({ code });
		expect(await keyOf(bob.api.rooms.revokeInvite({ roomId: id }))).toBe('room/not-owner');
		await ann.api.rooms.revokeInvite({ roomId: id });
		await ann.api.rooms.revokeInvite({ roomId: id });
		expect(await keyOf(cat.api.rooms.peekInvite({ code }))).toBe('room/invite-not-found');
		expect(await keyOf(cat.api.rooms.join({ code }))).toBe('room/invite-not-found');
		const next = await bob.api.rooms.inviteCode({ roomId: id });
		expect(next.code).not.toBe(code);
		expect(await cat.api.rooms.join(next)).toMatchObject({ name: 'Attic' });
	});

	test('of a direct room there is none', async () => {
		expect(await keyOf(ann.api.rooms.revokeInvite({ roomId }))).toBe('room/direct-fixed');
	});

	test('a join that overtakes its end, or not: in, or turned away, never in between', async () => {
		for (let round = 0; round < 10; round++) {
			const { id } = await ann.api.rooms.create({ name: 'Attic' });
			const { code } = await ann.api.rooms.inviteCode({ roomId: id });
			const [, joined] = await Promise.all([
				ann.api.rooms.revokeInvite({ roomId: id }),
				keyOf(cat.api.rooms.join({ code }))
			]);
			const isIn = (await ann.api.rooms.detail({ roomId: id })).members.length === 2;
			expect(joined).toBe(isIn ? '(no failure)' : 'room/invite-not-found');
		}
	});
});
