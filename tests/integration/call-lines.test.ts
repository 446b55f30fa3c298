import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { calls, messages } from '../../src/lib/server/db/schema';
import { testProduct } from '../fixtures/product';
import { accept, ann, annDevice, bob, bobDevice, media, product, roomId, startCall } from './people-fixture';

const say = (body: string) => ann.api.messages.send({ roomId, id: crypto.randomUUID(), body });
const log = async (who = bob) => (await who.api.messages.page({ roomId })).messages;
const headOf = async (who: typeof ann) => (await who.api.rooms.list()).find((room) => room.id === roomId);
const unreadOf = async (who: typeof ann) => {
	const head = await headOf(who);
	return head && head.lastN - head.lastRead;
};
const lineOf = (callId: string) => product.db.select().from(messages).where(eq(messages.callId, callId));

describe('the line of a call in its room’s messages', () => {
	test('stands where the call ended, and is there once, whoever looks for it', async () => {
		await say('before');
		const { id: callId } = await startCall();
		await accept(callId);
		// Two servers look at the same moment.
		const other = await testProduct({}, product);
		const writeAtOnce = () =>
			Promise.all([product, other, product, other].map((server) => server.writeCallLines()));
		try {
			await writeAtOnce();
			expect(await log()).toHaveLength(1); // a live call is in the room's header
			await ann.api.calls.leave({ callId, deviceId: annDevice });
			await writeAtOnce();
		} finally {
			await other.close();
		}
		await say('after');
		expect((await log()).map(({ n, body, call }) => [n, body, call?.id ?? null])).toEqual([
			[1, 'before', null],
			[2, '', callId],
			[3, 'after', null]
		]);
		expect((await log())[1]).toMatchObject({
			authorId: ann.userId,
			authorName: 'Ann',
			call: { kind: 'video' }
		});
		await product.writeCallLines();
		expect(await lineOf(callId)).toHaveLength(1);
	});

	test('says how it ended and how long it was; one that never connected has failed', async () => {
		const connected = await startCall();
		await accept(connected.id);
		await ann.api.calls.connected({ callId: connected.id, deviceId: annDevice });
		await ann.api.calls.leave({ callId: connected.id, deviceId: annDevice });
		const declined = await startCall();
		await bob.api.calls.decline({ callId: declined.id });
		const cancelled = await startCall();
		await ann.api.calls.leave({ callId: cancelled.id, deviceId: annDevice });
		await product.writeCallLines();
		const lines = (await log()).map(({ call }) => [call?.endReason, call?.durationMs === null]);
		expect(lines).toEqual([
			['completed', false],
			['declined', true],
			['cancelled', true]
		]);
	});

	test('does not tell that somebody was not to be disturbed', async () => {
		await bob.api.calls.setDoNotDisturb({ forMs: 60_000 });
		const call = await startCall();
		expect(call).toMatchObject({ phase: 'ended', endReason: 'busy' });
		await product.writeCallLines();
		expect((await log(ann))[0]?.call?.endReason).toBe('missed');
		expect(await log(ann)).toEqual(await log(bob));
	});

	test('is news for who missed the call, and none for who was there, called or declined', async () => {
		const missed = await startCall();
		await ann.api.calls.leave({ callId: missed.id, deviceId: annDevice });
		await product.writeCallLines();
		expect([await unreadOf(ann), await unreadOf(bob)]).toEqual([0, 1]);
		const answered = await startCall();
		await accept(answered.id);
		await bob.api.calls.leave({ callId: answered.id, deviceId: bobDevice });
		await product.writeCallLines();
		// What Bob had not seen before stays so.
		expect([await unreadOf(ann), await unreadOf(bob)]).toEqual([0, 2]);
	});

	test('comes live, with the room’s new number', async () => {
		const heard: string[] = [];
		const stop = product.bus.subscribe([`user:${bob.userId}`], (news) => heard.push(news.type));
		const { id: callId } = await startCall();
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		heard.length = 0;
		await product.writeCallLines();
		expect(heard).toEqual(['room']);
		stop();
		expect(await headOf(bob)).toMatchObject({ lastN: 1, lastRead: 0 });
	});

	test('is written after a restart, too: until then the call says that it has none', async () => {
		const { id: callId } = await startCall();
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		const untold = async () =>
			(await product.db.select({ told: calls.inMessages }).from(calls).where(eq(calls.id, callId)))[0]?.told;
		expect(await untold()).toBe(false);
		const next = await testProduct({}, product);
		expect(await next.writeCallLines()).toBe(1);
		expect(await next.writeCallLines()).toBe(0);
		await next.close();
		expect(await untold()).toBe(true);
	});

	test('goes on in a room where nobody is any more', async () => {
		const { id } = await ann.api.rooms.create({ name: 'Attic' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: id });
		await bob.api.rooms.join({ code });
		await ann.api.calls.start({ roomId: id, deviceId: annDevice, kind: 'audio', ...media });
		await Promise.all([ann.api.rooms.leave({ roomId: id }), bob.api.rooms.leave({ roomId: id })]);
		await product.services.calls.sweepDeadlines();
		expect(await product.writeCallLines()).toBe(1);
		expect(await product.writeCallLines()).toBe(0);
	});
});
