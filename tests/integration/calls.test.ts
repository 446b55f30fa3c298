import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { callDevices, callParticipants, calls, devices } from '../../src/lib/server/db/schema';
import { keyOf } from '../fixtures/product';
import {
	accept,
	ann,
	annDevice,
	bob,
	bobDevice,
	cat,
	media,
	product,
	roomId,
	startCall
} from './people-fixture';

/** Lets a deadline pass without waiting for it: the row says when, so the test moves the row. */
async function makeDue(callId: string): Promise<void> {
	const past = sql`clock_timestamp() - interval '1 second'`;
	await product.db
		.update(callParticipants)
		.set({ ringUntil: past })
		.where(eq(callParticipants.invite, 'ringing'));
	await product.db.update(calls).set({ nextDeadlineAt: past }).where(eq(calls.id, callId));
}

describe('the life of a call', () => {
	test('rings, is answered, connects, ends; both histories say so', async () => {
		const ringing = await startCall();
		expect(ringing).toMatchObject({ phase: 'ringing', version: 1, roomName: 'Bob', direct: true });
		expect((await bob.api.calls.get({ callId: ringing.id })).roomName).toBe('Ann');

		const active = await accept(ringing.id);
		expect(active).toMatchObject({ phase: 'active', version: 2 });
		expect(active.devices.map((device) => [device.deviceId, device.joinOrder, device.epoch])).toEqual([
			[annDevice, 1, 1],
			[bobDevice, 2, 1]
		]);
		await ann.api.calls.connected({ callId: ringing.id, deviceId: annDevice });
		await ann.api.calls.leave({ callId: ringing.id, deviceId: annDevice });

		expect(await bob.api.calls.get({ callId: ringing.id })).toMatchObject({
			phase: 'ended',
			endReason: 'completed'
		});
		const annHistory = await ann.api.calls.history({ filter: 'all' });
		const bobHistory = await bob.api.calls.history({ filter: 'all' });
		expect(annHistory.entries[0]).toMatchObject({
			direction: 'outgoing',
			outcome: 'answered',
			roomName: 'Bob',
			kind: 'video'
		});
		expect(bobHistory.entries[0]).toMatchObject({
			direction: 'incoming',
			outcome: 'answered',
			roomName: 'Ann'
		});
		expect(bobHistory.entries[0]?.durationMs).toBeGreaterThanOrEqual(0);
	});

	test('a decline is a fact for both', async () => {
		const { id: callId } = await startCall();
		await bob.api.calls.decline({ callId });
		expect((await ann.api.calls.get({ callId })).endReason).toBe('declined');
		expect((await ann.api.calls.history({})).entries[0]?.outcome).toBe('declined');
		expect((await bob.api.calls.history({})).entries[0]?.outcome).toBe('declined');
		expect((await bob.api.calls.standing()).missedCount).toBe(0);
	});

	test('a ring that runs out is missed, counted until looked at', async () => {
		const { id: callId } = await startCall();
		await makeDue(callId);
		expect(await product.services.calls.sweepDeadlines()).toBe(1);
		expect((await ann.api.calls.get({ callId })).endReason).toBe('missed');
		expect((await bob.api.calls.standing()).missedCount).toBe(1);
		expect((await ann.api.calls.standing()).missedCount).toBe(0);
		expect((await bob.api.calls.missed({ limit: 5 })).map((entry) => entry.people[0]?.displayName)).toEqual([
			'Ann'
		]);
		await bob.api.calls.markMissedSeen();
		expect((await bob.api.calls.standing()).missedCount).toBe(0);
	});

	test('an accept after the deadline finds a missed call, also when no sweeper came by', async () => {
		const { id: callId } = await startCall();
		await makeDue(callId);
		expect(await keyOf(accept(callId))).toBe('call/not-ringing');
		expect((await ann.api.calls.get({ callId })).endReason).toBe('missed');
	});

	test('a caller who cancels leaves a missed call', async () => {
		const { id: callId } = await startCall();
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		expect((await ann.api.calls.history({})).entries[0]?.outcome).toBe('cancelled');
		expect((await bob.api.calls.history({ filter: 'missed' })).entries[0]?.outcome).toBe('missed');
		expect((await bob.api.calls.standing()).missedCount).toBe(1);
	});

	test('a page that is left is reconnecting at once, and has left after its grace', async () => {
		const { id: callId } = await startCall();
		await accept(callId);
		await bob.api.calls.away({ callId, deviceId: bobDevice });
		expect((await ann.api.calls.get({ callId })).devices[1]?.presence).toBe('reconnecting');
		const past = sql`clock_timestamp() - interval '1 second'`;
		await product.db.update(callDevices).set({ graceUntil: past }).where(eq(callDevices.deviceId, bobDevice));
		await product.db.update(calls).set({ nextDeadlineAt: past }).where(eq(calls.id, callId));
		await product.services.calls.sweepDeadlines();
		expect((await ann.api.calls.get({ callId })).phase).toBe('ended');
	});

	test('a reload comes back under a new device, and the old one is gone with its mailbox', async () => {
		const { id: callId } = await startCall();
		await accept(callId);
		await bob.api.calls.away({ callId, deviceId: bobDevice });
		const { deviceId } = await bob.api.inbox.open();
		const call = await bob.api.calls.join({ callId, deviceId, replaces: bobDevice, ...media });
		expect(call.devices.map((device) => device.deviceId)).toEqual([annDevice, deviceId]);
		expect(await product.db.select().from(devices).where(eq(devices.id, bobDevice))).toEqual([]);
		expect(await keyOf(bob.api.calls.renew({ callId, deviceId: bobDevice }))).toBe('device/not-found');
	});

	test('a device that left and comes back begins anew: a new order, and a new epoch', async () => {
		const room = await ann.api.rooms.create({ name: 'Team' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		await bob.api.rooms.join({ code });
		await cat.api.rooms.join({ code });
		const { id: callId } = await ann.api.calls.start({
			roomId: room.id,
			deviceId: annDevice,
			kind: 'audio',
			...media
		});
		await accept(callId);
		await bob.api.calls.leave({ callId, deviceId: bobDevice });
		const call = await bob.api.calls.join({ callId, deviceId: bobDevice, ...media });
		expect(call.devices.map((device) => [device.deviceId, device.joinOrder, device.epoch])).toEqual([
			[annDevice, 1, 1],
			[bobDevice, 3, 2]
		]);
	});

	test('nobody can replace a device of somebody else', async () => {
		const { id: callId } = await startCall();
		await bob.api.calls.join({ callId, deviceId: bobDevice, replaces: annDevice, ...media });
		expect(await product.db.select().from(devices).where(eq(devices.id, annDevice))).toHaveLength(1);
	});

	test('a renewed lease keeps the device, and moves no version', async () => {
		const { id: callId, version } = await startCall();
		const past = sql`clock_timestamp() - interval '1 second'`;
		await ann.api.calls.renew({ callId, deviceId: annDevice });
		await product.db.update(calls).set({ nextDeadlineAt: past }).where(eq(calls.id, callId));
		expect(await product.services.calls.sweepDeadlines()).toBe(1);
		expect((await ann.api.calls.get({ callId })).version).toBe(version);
		// The sweep noted the next deadline: it does not look again before that.
		expect(await product.services.calls.sweepDeadlines()).toBe(0);
	});

	test('an outage ends no call: silence that was ours is forgiven', async () => {
		const { id: callId } = await startCall();
		await accept(callId);
		const past = sql`clock_timestamp() - interval '1 hour'`;
		await product.db.update(callDevices).set({ leaseUntil: past }).where(eq(callDevices.callId, callId));
		await product.db.update(calls).set({ nextDeadlineAt: past }).where(eq(calls.id, callId));
		await product.services.calls.forgiveSilence();
		await product.services.calls.sweepDeadlines();
		const call = await ann.api.calls.get({ callId });
		expect(call.devices.map((device) => device.presence)).toEqual(['joined', 'joined']);
	});
});

describe('at the same moment', () => {
	test('both press call: one call, both in it', async () => {
		const [one, other] = await Promise.all([
			startCall(),
			bob.api.calls.start({ roomId, deviceId: bobDevice, kind: 'audio', ...media })
		]);
		expect(one.id).toBe(other.id);
		expect((await ann.api.calls.get({ callId: one.id })).devices).toHaveLength(2);
	});

	test('accept and cancel: one of them is the fact, for both', async () => {
		for (let i = 0; i < 10; i++) {
			const { id: callId } = await startCall();
			const outcomes = await Promise.allSettled([
				accept(callId),
				ann.api.calls.leave({ callId, deviceId: annDevice })
			]);
			const call = await ann.api.calls.get({ callId });
			expect(call.phase).toBe('ended');
			expect(call.endReason).toBe(outcomes[0].status === 'fulfilled' ? 'failed' : 'cancelled');
		}
	});

	test('two devices of one person accept: one wins, the other is told', async () => {
		const { id: callId } = await startCall();
		const { deviceId: second } = await bob.api.inbox.open();
		const keys = await Promise.all([
			keyOf(accept(callId)),
			keyOf(bob.api.calls.accept({ callId, deviceId: second, ...media }))
		]);
		expect(keys.sort()).toEqual(['(no failure)', 'call/already-answered']);
	});
});

describe('what one may not see or do', () => {
	test('a call of a room one is not in looks like no call', async () => {
		const { id: callId } = await startCall();
		const { deviceId } = await cat.api.inbox.open();
		for (const id of [callId, randomUUID()]) {
			expect(await keyOf(cat.api.calls.get({ callId: id }))).toBe('call/not-found');
			expect(await keyOf(cat.api.calls.decline({ callId: id }))).toBe('call/not-found');
			expect(await keyOf(cat.api.calls.join({ callId: id, deviceId, ...media }))).toBe('call/not-found');
		}
	});

	test('somebody else’s device looks like no device', async () => {
		const { id: callId } = await startCall();
		for (const deviceId of [annDevice, randomUUID()]) {
			expect(await keyOf(bob.api.calls.accept({ callId, deviceId, ...media }))).toBe('device/not-found');
			expect(await keyOf(bob.api.inbox.poll({ deviceId, cursor: { epoch: 1, seq: 0 } }))).toBe(
				'device/not-found'
			);
		}
	});

	test('somebody else’s room, a malformed id, and nobody at all', async () => {
		const { deviceId } = await cat.api.inbox.open();
		expect(await keyOf(cat.api.calls.start({ roomId, deviceId, kind: 'audio', ...media }))).toBe(
			'room/not-found'
		);
		const { id: callId } = await startCall();
		expect(await keyOf(ann.api.calls.get({ callId: 'no-uuid' }))).toBe('input/invalid');
		expect(await keyOf(ann.api.calls.failed({ callId, deviceId: annDevice, why: 'x'.repeat(201) }))).toBe(
			'input/invalid'
		);
		expect(await keyOf(product.stranger().calls.standing())).toBe('auth/required');
	});

	test('TURN credentials are for who is in, or invited to, a live call', async () => {
		const room = await ann.api.rooms.create({ name: 'Team' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		await bob.api.rooms.join({ code });
		const { id: callId } = await ann.api.calls.start({
			roomId: room.id,
			deviceId: annDevice,
			kind: 'audio',
			...media
		});
		await cat.api.rooms.join({ code });
		expect(await keyOf(bob.api.ice.servers({ callId }))).toBe('(no failure)');
		expect(await keyOf(cat.api.ice.servers({ callId }))).toBe('call/not-a-participant');
		await bob.api.calls.decline({ callId });
		expect(await keyOf(ann.api.ice.servers({ callId }))).toBe('call/not-a-participant');
	});

	test('a room with nobody else in it', async () => {
		const alone = await ann.api.rooms.create({ name: 'Empty' });
		expect(
			await keyOf(ann.api.calls.start({ roomId: alone.id, deviceId: annDevice, kind: 'audio', ...media }))
		).toBe('call/nobody-to-call');
	});
});

test('who is removed from a room is out of its call, device and mailbox, in one step', async () => {
	const room = await ann.api.rooms.create({ name: 'Team' });
	const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
	await bob.api.rooms.join({ code });
	await cat.api.rooms.join({ code });
	const call = await ann.api.calls.start({ roomId: room.id, deviceId: annDevice, kind: 'audio', ...media });
	await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });
	await ann.api.rooms.removeMember({ roomId: room.id, userId: bob.userId });
	const after = await ann.api.calls.get({ callId: call.id });
	expect(after.devices.map((device) => device.deviceId)).toEqual([annDevice]);
	expect(await keyOf(bob.api.calls.get({ callId: call.id }))).toBe('call/not-found');
	expect(await product.db.select().from(devices).where(eq(devices.id, bobDevice))).toEqual([]);
});

test('history is paged by keyset without holes or repetitions', async () => {
	for (let i = 0; i < 5; i++) {
		const { id: callId } = await startCall();
		await bob.api.calls.decline({ callId });
	}
	const seen: string[] = [];
	let before: { startedAt: number; callId: string } | undefined;
	do {
		const page = await ann.api.calls.history({ filter: 'all', limit: 2, ...(before ? { before } : {}) });
		seen.push(...page.entries.map((entry) => entry.callId));
		before = page.next ?? undefined;
	} while (before);
	expect(seen).toHaveLength(5);
	expect(new Set(seen).size).toBe(5);
});
