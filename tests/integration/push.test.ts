import { sql, type SQL } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/lib/server/db/client';
import { takeDue } from '../../src/lib/server/push/due';
import { ringTtlSeconds } from '../../src/lib/server/push/pusher';
import { makeDue } from '../fixtures/deadlines';
import {
	ann,
	annDevice,
	bob,
	bobDevice,
	call,
	endpointsOf,
	leave,
	media,
	openPusher,
	person,
	product,
	push,
	pushers,
	roomId,
	service,
	SUBJECT,
	subscribe,
	troubles
} from './push-world';

const kinds = () => service.received.map(({ message }) => message.type);
const outcomes = () =>
	service.received.flatMap(({ message }) => (message.type === 'over' ? [message.outcome] : []));
const rings = (count = 1) => Array.from({ length: count }, () => 'ring');

describe('a ring', () => {
	test('comes once to each closed browser, from whichever server is first', async () => {
		const [phone, laptop] = [await subscribe(bob), await subscribe(bob)];
		await subscribe(ann); // who calls is not rung
		const { id: callId } = await call();
		for (let i = 0; i < 4; i++) await push();
		expect(kinds()).toEqual(rings(2));
		expect([service.at(phone).length, service.at(laptop).length]).toEqual([1, 1]);
		const [first] = service.received;
		const until = (await bob.api.calls.get({ callId })).participants[1]?.ringUntil;
		expect(first?.message).toEqual({
			type: 'ring',
			callId,
			roomId,
			roomName: 'Ann',
			callerName: 'Ann',
			kind: 'video',
			direct: true,
			ringUntil: until,
			silent: false
		});
		expect(first).toMatchObject({ urgency: 'high', topic: callId.replaceAll('-', ''), subject: SUBJECT });
		expect(first?.vapidKey).toBe((await bob.api.push.key()).publicKey);
	});

	test.each([45_000, 20_900])('lives as long as there is left of it: %i ms', async (leftMs) => {
		await subscribe(bob);
		const { id } = await call();
		await product.sql`update call_participants set ring_until = clock_timestamp() + ${leftMs} * interval '1 ms'
			where call_id = ${id} and user_id = ${bob.userId}`;
		const askedAt = Date.now();
		await push();
		const [ring] = service.received;
		if (ring?.message.type !== 'ring') throw new Error('no ring came');
		// What was left at some moment between the look and the arrival, as a ring has it: `ringTtlSeconds`.
		expect(ring.ttl).toBeGreaterThanOrEqual(ringTtlSeconds(ring.message.ringUntil - ring.at));
		expect(ring.ttl).toBeLessThanOrEqual(ringTtlSeconds(ring.message.ringUntil + 1 - askedAt));
	});

	test('says what the ring dialog says of a room of many', async () => {
		const cat = await person('Cat');
		await subscribe(cat);
		const room = await ann.api.rooms.create({ name: 'Kitchen' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		for (const one of [bob, cat]) await one.api.rooms.join({ code });
		await ann.api.calls.start({ roomId: room.id, deviceId: annDevice, kind: 'audio', ...media });
		await push();
		expect(service.received.map(({ message }) => message)).toMatchObject([
			{ type: 'ring', roomName: 'Kitchen', callerName: 'Ann', kind: 'audio', direct: false }
		]);
	});

	test('makes no sound where the room is silent, and comes not at all where it says nothing', async () => {
		await subscribe(bob);
		await bob.api.rooms.setRing({ roomId, ring: 'silent' });
		const first = await call();
		await push();
		expect(service.received.map(({ message }) => message)).toMatchObject([{ type: 'ring', silent: true }]);
		await leave(first.id);
		await push();
		await bob.api.rooms.setRing({ roomId, ring: 'none' });
		await leave((await call()).id);
		await call();
		await push();
		expect(kinds()).toEqual(['ring', 'over']);
	});

	test('comes not to who is not to be disturbed', async () => {
		await subscribe(bob);
		await bob.api.calls.setDoNotDisturb({ forMs: 60_000 });
		await call();
		await push();
		expect(service.received).toEqual([]);
	});

	test('that is over before it could be told is not told, nor that it is over', async () => {
		await subscribe(bob);
		const cancelled = await call();
		await leave(cancelled.id);
		await push();
		// Over by the clock, though no sweeper has said so yet.
		await call();
		await makeDue(product.database, roomId, { ring: 'everybody' });
		await push();
		await product.services.calls.sweepDeadlines();
		await push();
		expect(service.received).toEqual([]);
	});

	test('whose server was killed half-way is told by another one', async () => {
		await subscribe(bob);
		const { id } = await call();
		// As a server leaves it that took the ring and is no more.
		await product.sql`update call_participants set push_state = 'ring', push_lease_until = clock_timestamp() + interval '1 hour'
			where call_id = ${id} and user_id = ${bob.userId}`;
		await push();
		expect(kinds()).toEqual([]);
		await product.sql`update call_participants set push_lease_until = clock_timestamp() - interval '1 ms'
			where call_id = ${id} and user_id = ${bob.userId}`;
		await push();
		await push();
		expect(kinds()).toEqual(rings());
	});
});

describe('when it rings no more, that is told once', () => {
	const endings: [string, (callId: string) => Promise<unknown>, string][] = [
		['cancelled -> missed', leave, 'missed'],
		['answered -> answered', (callId) => accept(callId), 'answered'],
		['declined -> declined', (callId) => bob.api.calls.decline({ callId }), 'declined'],
		[
			'not answered in time -> missed',
			async () => {
				await makeDue(product.database, roomId, { ring: 'everybody' });
				await product.services.calls.sweepDeadlines();
			},
			'missed'
		]
	];
	const accept = (callId: string) => bob.api.calls.accept({ callId, deviceId: bobDevice, ...media });

	test.each(endings)('%s', async (_title, end, outcome) => {
		const phone = await subscribe(bob);
		const { id: callId } = await call();
		await push();
		await end(callId);
		for (let i = 0; i < 3; i++) await push();
		expect(kinds()).toEqual(['ring', 'over']);
		const over = service.at(phone)[1];
		expect(over?.message).toEqual({
			type: 'over',
			callId,
			roomId,
			callerName: 'Ann',
			kind: 'video',
			outcome
		});
		// With the ring's topic: what was not delivered yet is replaced.
		expect(over).toMatchObject({
			ttl: 24 * 60 * 60,
			urgency: 'normal',
			topic: service.received[0]?.topic
		});
	});

	test('never before the ring itself has left: it would ring on', async () => {
		await subscribe(bob);
		let release = () => {};
		const held = new Promise<void>((resolve) => (release = resolve));
		service.answerWith(async () => {
			await held;
			return { status: 201 };
		});
		const { id } = await call();
		const before = service.attempts();
		await Promise.all(pushers.map((pusher) => pusher.look()));
		await expect.poll(() => service.attempts()).toBe(before + 1);
		await leave(id);
		await Promise.all(pushers.map((pusher) => pusher.look()));
		release();
		await Promise.all(pushers.map((pusher) => pusher.settle()));
		expect(kinds()).toEqual(['ring']);
		await push();
		expect(kinds()).toEqual(['ring', 'over']);
	});

	test('also when the server that told of the ring was killed', async () => {
		await subscribe(bob);
		const { id } = await call();
		await product.sql`update call_participants set push_state = 'ring', push_lease_until = clock_timestamp() - interval '1 ms'
			where call_id = ${id} and user_id = ${bob.userId}`;
		await leave(id);
		await push();
		await push();
		expect(outcomes()).toEqual(['missed']);
	});
});

describe('a push service that', () => {
	test.each([404, 410])('answers %i: the subscription goes', async (status) => {
		const [stale, phone] = [await subscribe(bob), await subscribe(bob)];
		service.answerWith((path) => ({ status: stale.endpoint.endsWith(path) ? status : 201 }));
		const { id } = await call();
		await push();
		expect(service.received).toHaveLength(1);
		expect(await endpointsOf(bob.userId)).toEqual([phone.endpoint]);
		expect(troubles).toEqual([]);
		await leave(id);
		await push();
		expect(service.at(phone).map(({ message }) => message.type)).toEqual(['ring', 'over']);
	});

	test('is overloaded is asked again, when it said, while it rings; and its host alone is told of', async () => {
		const phone = await subscribe(bob);
		const asked: number[] = [];
		service.answerWith(() => {
			asked.push(performance.now());
			if (asked.length === 1) return { status: 503 };
			return asked.length === 2 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 201 };
		});
		await call();
		await expect
			.poll(
				async () => {
					await push();
					return service.received.length;
				},
				{ timeout: 15_000 }
			)
			.toBe(1);
		const [first = 0, second = 0, third = 0] = asked;
		expect(second - first).toBeGreaterThan(900);
		expect(third - second).toBeGreaterThan(2_900);
		const host = new URL(phone.endpoint).host;
		expect(troubles).toEqual([
			{ host, why: 'status 503' },
			{ host, why: 'status 429' }
		]);
		// What is left of the ring then, not what was left at first.
		expect(service.received[0]?.ttl).toBeLessThan(42);
	});

	test('is overloaded until the ring is over hears that it is over, and no ring', async () => {
		const [phone, cat] = [await subscribe(bob), await person('Cat')];
		const cats = await subscribe(cat);
		const room = await ann.api.rooms.openDirect({ username: cat.username });
		pushers.splice(1); // the one that must try again finds it over, and nobody before it
		service.answerWith(() => ({ status: 500 }));
		const before = service.attempts();
		const { id } = await call();
		await push();
		await ann.api.calls.start({ roomId: room.id, deviceId: annDevice, kind: 'audio', ...media });
		await push();
		expect(service.attempts() - before).toBe(2);
		await leave(id);
		service.answerWith(() => ({ status: 201 }));
		// Cat's ring goes on. When it is tried again, Bob's has been due for as long.
		await expect
			.poll(
				async () => {
					await push();
					return service.at(cats).length;
				},
				{ timeout: 15_000 }
			)
			.toBe(1);
		expect(service.at(phone).map(({ message }) => message)).toMatchObject([
			{ type: 'over', outcome: 'missed' }
		]);
		expect(service.attempts() - before).toBe(4);
	});

	test('sends elsewhere is not followed', async () => {
		await subscribe(bob);
		const before = service.attempts();
		const elsewhere = service.subscribe().endpoint;
		service.answerWith((path) =>
			elsewhere.endsWith(path) ? { status: 201 } : { status: 307, headers: { location: elsewhere } }
		);
		await call();
		await push();
		await push();
		expect(service.received).toEqual([]);
		expect(service.attempts() - before).toBe(1);
		expect(troubles).toMatchObject([{ why: 'status 307' }]);
	});

	test('may not be sent to any more is not, and the subscription goes', async () => {
		await subscribe(bob);
		const before = service.attempts();
		await call();
		const strict = openPusher([]);
		await strict.look();
		await strict.settle();
		expect(service.attempts()).toBe(before);
		expect(await endpointsOf(bob.userId)).toEqual([]);
	});
});

test('while nothing rings, asking reads an index that holds nothing, however many calls there were', async () => {
	const { id } = await call();
	await leave(id);
	await product.sql`insert into users (username, display_name, password_hash)
		select 'idle-' || n, 'Somebody', '' from generate_series(1, 20000) n`;
	await product.sql`insert into call_participants (call_id, user_id, role, invite, started_at)
		select ${id}, u.id, 'callee', 'missed', now() from users u where u.username like 'idle-%'`;
	await product.sql`analyze call_participants`;
	let asked: SQL | undefined;
	const listening = { execute: async (query: SQL) => ((asked = query), []) } as unknown as Db;
	await takeDue(listening, 20);
	const plan = await product.db.execute<{ 'QUERY PLAN': string }>(sql`explain analyze ${asked}`);
	const text = plan.map((row) => row['QUERY PLAN']).join('\n');
	expect(text).toContain('call_participants_to_push');
	expect(text).not.toContain('Seq Scan on call_participants');
});
