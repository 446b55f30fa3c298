import { describe, expect, test } from 'vitest';
import type { CallEvent } from './call';
import {
	accept,
	ANN,
	BOB,
	bothOn,
	CAT,
	inviteOf,
	join,
	keyOf,
	run,
	settings,
	start,
	T
} from './call-fixture';
import { projectCall } from './call-projection';
import { presentDevices, type CallState } from './call-state';

describe('the host', () => {
	const inCall = () => run(start([BOB, CAT]), [1_000, accept(BOB)], [2_000, accept(CAT)]);
	const host = (
		type: 'mute' | 'remove' | 'hand-over',
		targetId: string,
		userId = ANN
	): [number, CallEvent] => [3_000, { type, userId, targetId }];
	const deviceOf = (call: CallState, userId: string) =>
		presentDevices(call).find((device) => device.userId === userId);

	test('turns a microphone off, which its person may turn on again', () => {
		const muted = run(inCall(), host('mute', BOB));
		expect(deviceOf(muted, BOB)).toMatchObject({ microphoneEnabled: false, mutedByHost: 1 });
		expect(run(muted, host('mute', BOB))).toBe(muted);
		const again = run(
			muted,
			[4_000, { type: 'media-chosen', deviceId: 'bob-1', ...bothOn }],
			[5_000, { type: 'mute', userId: ANN, targetId: BOB }]
		);
		expect(deviceOf(again, BOB)).toMatchObject({ microphoneEnabled: false, mutedByHost: 2 });
	});

	test('removes somebody for good; the others go on', () => {
		const call = run(inCall(), host('remove', BOB));
		expect(call.phase).toBe('active');
		expect(deviceOf(call, BOB)).toBeUndefined();
		expect(call.participants.find((one) => one.userId === BOB)).toMatchObject({
			invite: 'accepted',
			leftAt: T + 3_000,
			removedAt: T + 3_000
		});
		expect(keyOf(() => run(call, [4_000, join(BOB, 'bob-2')]))).toBe('call/removed');
	});

	test('removes somebody who still rings: cancelled, and no way in', () => {
		const call = run(start([BOB, CAT]), [1_000, accept(BOB)], host('remove', CAT));
		expect(inviteOf(call, CAT)).toBe('cancelled');
		expect(keyOf(() => run(call, [4_000, accept(CAT)]))).toBe('call/not-ringing');
		expect(keyOf(() => run(call, [4_000, join(CAT)]))).toBe('call/removed');
	});

	test('hands over, and has no more say then', () => {
		const call = run(inCall(), host('hand-over', CAT));
		expect(call.hostId).toBe(CAT);
		expect(keyOf(() => run(call, host('mute', BOB)))).toBe('call/not-host');
		expect(run(call, host('remove', ANN, CAT)).phase).toBe('active');
	});

	test.each<[string, [number, CallEvent], string]>([
		['not the host', host('mute', ANN, BOB), 'call/not-host'],
		['somebody who is not in the call', host('mute', 'dan'), 'call/not-a-participant'],
		['somebody who is not in the call, removed', host('remove', 'dan'), 'call/not-a-participant'],
		['themselves, muted', host('mute', ANN), 'call/not-a-participant'],
		['themselves, removed', host('remove', ANN), 'call/not-a-participant']
	])('%s: refused', (_who, event, key) => {
		expect(keyOf(() => run(inCall(), event))).toBe(key);
	});

	test('of two, the one who is left ends it', () => {
		const call = run(
			start([BOB]),
			[1_000, accept(BOB)],
			[1_500, { type: 'media-connected', deviceId: 'bob-1' }],
			host('remove', BOB)
		);
		expect(call).toMatchObject({ phase: 'ended', endReason: 'completed' });
	});
});

describe('do not disturb', () => {
	test('a call to nobody else is over as it begins, and its caller is told why', () => {
		const call = start([BOB], [BOB]);
		expect(call).toMatchObject({ phase: 'ended', endReason: 'busy', version: 1, endedAt: T });
		expect(inviteOf(call, BOB)).toBe('busy');
		expect(presentDevices(call)).toEqual([]);
	});

	test('the others ring, and who was busy may still join', () => {
		const call = start([BOB, CAT], [BOB]);
		expect(call.phase).toBe('ringing');
		expect(call.participants.map(({ invite, ringUntil }) => [invite, ringUntil])).toEqual([
			['accepted', null],
			['busy', null],
			['ringing', T + settings.ringLifetimeMs]
		]);
		expect(inviteOf(run(call, [1_000, join(BOB)]), BOB)).toBe('accepted');
		expect(run(call, [1_000, { type: 'decline', userId: CAT }])).toMatchObject({ endReason: 'declined' });
		expect(run(call, [settings.ringLifetimeMs, { type: 'tick' }])).toMatchObject({ endReason: 'missed' });
	});

	test('is nobody’s business but the caller’s', () => {
		const call = start([BOB], [BOB]);
		const seenBy = (viewerId: string) => {
			const seen = projectCall(call, {
				viewerId,
				roomName: 'Kitchen',
				ring: 'ring',
				settings,
				nameOf: (userId) => userId,
				epochOf: () => 1
			});
			return [seen.endReason, seen.participants[1]?.invite];
		};
		expect(seenBy(ANN)).toEqual(['busy', 'busy']);
		expect(seenBy(BOB)).toEqual(['missed', 'missed']);
		expect(seenBy(CAT)).toEqual(['missed', 'missed']);
	});
});
