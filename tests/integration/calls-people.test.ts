import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { users } from '../../src/lib/server/db/schema';
import { keyOf, type Person } from '../fixtures/product';
import { accept, ann, annDevice, bob, bobDevice, cat, media, product, startCall } from './people-fixture';

describe('do not disturb', () => {
	test('is not rung: busy for the caller, missed for the callee', async () => {
		const { until } = await bob.api.calls.setDoNotDisturb({ forMs: 3_600_000 });
		expect(until).toBeGreaterThan(Date.now() + 3_500_000);
		expect(await bob.api.calls.standing()).toEqual({ missedCount: 0, doNotDisturbUntil: until });
		const call = await startCall();
		expect(call).toMatchObject({ phase: 'ended', endReason: 'busy' });
		expect((await ann.api.calls.history({})).entries[0]?.outcome).toBe('busy');
		expect((await bob.api.calls.history({ filter: 'missed' })).entries[0]?.outcome).toBe('missed');
		expect((await bob.api.calls.get({ callId: call.id })).endReason).toBe('missed');
		expect((await bob.api.calls.standing()).missedCount).toBe(1);
		expect((await ann.api.calls.standing()).doNotDisturbUntil).toBeNull();

		await product.db
			.update(users)
			.set({ doNotDisturbUntil: sql`clock_timestamp() - interval '1 second'` })
			.where(eq(users.id, bob.userId));
		expect((await bob.api.calls.standing()).doNotDisturbUntil).toBeNull(); // its time is over
		expect((await startCall()).phase).toBe('ringing');
	});

	test('lasts a minute to a week, and can be ended', async () => {
		const week = 7 * 24 * 3_600_000;
		for (const forMs of [0, 59_999, week + 1, 1.5e5 + 0.5, -1]) {
			expect(await keyOf(bob.api.calls.setDoNotDisturb({ forMs })), String(forMs)).toBe('input/invalid');
		}
		await bob.api.calls.setDoNotDisturb({ forMs: week });
		await expect(bob.api.calls.setDoNotDisturb({ forMs: null })).resolves.toEqual({ until: null });
		expect((await startCall()).phase).toBe('ringing');
	});
});

describe('a history', () => {
	test('has details: who was asked, and what happened when', async () => {
		const { id: callId } = await startCall();
		expect(await keyOf(bob.api.calls.details({ callId }))).toBe('call/not-found'); // it rings still
		await accept(callId);
		await bob.api.calls.connected({ callId, deviceId: bobDevice });
		await bob.api.calls.leave({ callId, deviceId: bobDevice });
		const { timeline, ...details } = await ann.api.calls.details({ callId });
		expect(details).toMatchObject({ callId, outcome: 'answered', endReason: 'completed', roomName: 'Bob' });
		expect(details.participants.map((one) => [one.displayName, one.role, one.invite])).toEqual([
			['Ann', 'caller', 'accepted'],
			['Bob', 'callee', 'accepted']
		]);
		expect(timeline.map((one) => [one.kind, one.displayName])).toEqual([
			['started', 'Ann'],
			['joined', 'Bob'],
			['connected', null],
			['left', 'Bob'],
			['ended', null]
		]);
		expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted((a, b) => a - b));
		expect(await keyOf(cat.api.calls.details({ callId }))).toBe('call/not-found');
	});

	test('that somebody was not to be disturbed is in the caller’s record alone', async () => {
		await bob.api.calls.setDoNotDisturb({ forMs: 60_000 });
		const { id: callId } = await startCall();
		const kinds = async (person: Person) =>
			(await person.api.calls.details({ callId })).timeline.map(({ kind }) => kind);
		expect(await kinds(ann)).toEqual(['started', 'busy', 'ended']);
		expect(await kinds(bob)).toEqual(['started', 'missed', 'ended']);
		expect((await bob.api.calls.details({ callId })).participants[1]?.invite).toBe('missed');
	});

	test('is searched by person and room, and signs in a name are just signs', async () => {
		const room = (await ann.api.rooms.create({ name: '100% Kitchen_1' })).id;
		await bob.api.rooms.join(await ann.api.rooms.inviteCode({ roomId: room }));
		const call = { deviceId: annDevice, kind: 'audio' as const, ...media };
		const direct = await startCall();
		await ann.api.calls.leave({ callId: direct.id, deviceId: annDevice });
		const inRoom = await ann.api.calls.start({ roomId: room, ...call });
		await ann.api.calls.leave({ callId: inRoom.id, deviceId: annDevice });
		const found = async (person: Person, search: string) =>
			(await person.api.calls.history({ search })).entries.map((entry) => entry.callId);
		expect(await found(ann, 'BOB')).toEqual([inRoom.id, direct.id]);
		expect(await found(ann, 'ann')).toEqual([]); // oneself is in all of them
		expect(await found(bob, 'ann')).toEqual([inRoom.id, direct.id]);
		expect(await found(ann, 'kitchen')).toEqual([inRoom.id]);
		expect(await found(ann, '0% k')).toEqual([inRoom.id]);
		expect(await found(ann, 'n_1')).toEqual([inRoom.id]);
		for (const search of ['b_b', 'b%b', '\\', "'"]) expect(await found(ann, search), search).toEqual([]);
		expect(await found(ann, '  ')).toHaveLength(2);
	});

	test('loses a call that is deleted from it; it stays in the others’, and is not missed any more', async () => {
		const { id: callId } = await startCall();
		expect(await keyOf(ann.api.calls.hide({ callId }))).toBe('call/not-found'); // not over
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		expect((await bob.api.calls.standing()).missedCount).toBe(1);
		await bob.api.calls.hide({ callId });
		expect((await bob.api.calls.standing()).missedCount).toBe(0);
		expect((await bob.api.calls.history({})).entries).toEqual([]);
		expect((await bob.api.calls.missed({})).length).toBe(0);
		expect(await keyOf(bob.api.calls.details({ callId }))).toBe('call/not-found');
		expect(await keyOf(bob.api.calls.hide({ callId }))).toBe('call/not-found');
		expect((await ann.api.calls.history({})).entries[0]?.callId).toBe(callId);
		expect(await keyOf(cat.api.calls.hide({ callId }))).toBe('call/not-found');
	});
});

describe('the host', () => {
	test('mutes, hands over and removes; each is refused to the others', async () => {
		const group = (await ann.api.rooms.create({ name: 'Three' })).id;
		const { code } = await ann.api.rooms.inviteCode({ roomId: group });
		for (const one of [bob, cat]) await one.api.rooms.join({ code });
		const catDevice = (await cat.api.inbox.open()).deviceId;
		const { id: callId } = await ann.api.calls.start({
			roomId: group,
			deviceId: annDevice,
			kind: 'video',
			...media
		});
		await accept(callId);
		await cat.api.calls.accept({ callId, deviceId: catDevice, ...media });

		expect(await keyOf(bob.api.calls.mute({ callId, userId: cat.userId }))).toBe('call/not-host');
		await ann.api.calls.mute({ callId, userId: bob.userId });
		const muted = (await bob.api.calls.get({ callId })).devices.find((one) => one.deviceId === bobDevice);
		expect(muted).toMatchObject({ microphoneEnabled: false, mutedByHost: 1, cameraEnabled: true });

		await ann.api.calls.handOver({ callId, userId: cat.userId });
		expect(await keyOf(ann.api.calls.remove({ callId, userId: bob.userId }))).toBe('call/not-host');
		await cat.api.calls.remove({ callId, userId: bob.userId });
		const after = await bob.api.calls.get({ callId });
		expect(after.devices.map((one) => one.userId)).not.toContain(bob.userId);
		expect(after.participants.find((one) => one.userId === bob.userId)).toMatchObject({ removed: true });
		expect(await keyOf(bob.api.calls.join({ callId, deviceId: bobDevice, ...media }))).toBe('call/removed');
		expect(await keyOf(cat.api.calls.mute({ callId, userId: randomUUID() }))).toBe('call/not-a-participant');
		expect((await ann.api.calls.get({ callId })).phase).toBe('active');
	});
});

describe('a raised hand', () => {
	test('stands in the order of raising for who comes later, too; a reload keeps it, leaving does not', async () => {
		const group = (await ann.api.rooms.create({ name: 'Three' })).id;
		const { code } = await ann.api.rooms.inviteCode({ roomId: group });
		for (const one of [bob, cat]) await one.api.rooms.join({ code });
		const catDevice = (await cat.api.inbox.open()).deviceId;
		const call = await ann.api.calls.start({ roomId: group, deviceId: annDevice, kind: 'video', ...media });
		const { id: callId } = call;
		await accept(callId);
		/** As somebody sees it who asks just now. */
		const hands = async () =>
			(await cat.api.calls.get({ callId })).devices
				.filter(({ handRaisedAt }) => handRaisedAt !== null)
				.sort((a, b) => (a.handRaisedAt ?? 0) - (b.handRaisedAt ?? 0))
				.map(({ userId }) => userId);
		const raise = (person: typeof ann, deviceId: string, raised = true) =>
			person.api.calls.setHand({ callId, deviceId, raised });

		expect(await hands()).toEqual([]);
		await raise(bob, bobDevice);
		await raise(ann, annDevice);
		const { version, devices } = await ann.api.calls.get({ callId });
		const raisedAt = devices.find(({ userId }) => userId === bob.userId)?.handRaisedAt ?? 0;
		expect(raisedAt).toBeGreaterThanOrEqual(call.startedAt);
		await raise(bob, bobDevice);
		expect((await ann.api.calls.get({ callId })).version).toBe(version);
		await cat.api.calls.accept({ callId, deviceId: catDevice, ...media });
		expect(await hands()).toEqual([bob.userId, ann.userId]);

		const { deviceId } = await bob.api.inbox.open();
		await bob.api.calls.away({ callId, deviceId: bobDevice });
		await bob.api.calls.join({ callId, deviceId, replaces: bobDevice, ...media });
		expect(await hands()).toEqual([bob.userId, ann.userId]);
		expect(
			(await cat.api.calls.get({ callId })).devices.find((one) => one.deviceId === deviceId)
		).toMatchObject({ handRaisedAt: raisedAt });

		await bob.api.calls.leave({ callId, deviceId });
		await bob.api.calls.join({ callId, deviceId, ...media });
		expect(await hands()).toEqual([ann.userId]);
		await raise(cat, catDevice);
		await raise(bob, deviceId);
		expect(await hands()).toEqual([ann.userId, cat.userId, bob.userId]);
		await raise(cat, catDevice, false);
		expect(await hands()).toEqual([ann.userId, bob.userId]);

		expect(await keyOf(bob.api.calls.lowerHand({ callId, userId: ann.userId }))).toBe('call/not-host');
		expect(await keyOf(bob.api.calls.lowerHands({ callId }))).toBe('call/not-host');
		expect(await keyOf(raise(bob, annDevice))).toBe('device/not-found');
		expect(await keyOf(raise(bob, bobDevice))).toBe('device/not-found'); // replaced
		await ann.api.calls.lowerHand({ callId, userId: bob.userId });
		expect(await hands()).toEqual([ann.userId]);
		await raise(bob, deviceId);
		await ann.api.calls.lowerHands({ callId });
		expect(await hands()).toEqual([]);
	});
});

describe('a shared screen', () => {
	test('is a fact of the device that shares it; who does not speak of it shares none', async () => {
		const { id: callId } = await startCall();
		await accept(callId);
		const sharing = async () =>
			(await ann.api.calls.get({ callId })).devices
				.filter(({ screenEnabled }) => screenEnabled)
				.map(({ deviceId }) => deviceId);
		const bobShares = () =>
			bob.api.calls.setMedia({ callId, deviceId: bobDevice, ...media, screenEnabled: true });
		expect(await sharing()).toEqual([]);
		await bobShares();
		await ann.api.calls.setMedia({ callId, deviceId: annDevice, ...media }); // a client of before
		expect(await sharing()).toEqual([bobDevice]);
		await bob.api.calls.setMedia({ callId, deviceId: bobDevice, ...media, screenEnabled: false });
		expect(await sharing()).toEqual([]);

		// A page that is loaded again has to ask its person again.
		await bobShares();
		const { deviceId } = await bob.api.inbox.open();
		await bob.api.calls.join({ callId, deviceId, replaces: bobDevice, ...media });
		expect(await sharing()).toEqual([]);
	});
});
