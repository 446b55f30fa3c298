import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transition, type CallEvent } from './call';
import {
	accept,
	ANN,
	BOB,
	both,
	bothOn,
	CAT,
	inviteOf,
	join,
	keyOf,
	run,
	settings,
	start,
	T,
	wrongHands
} from './call-fixture';
import { nextDeadline, presentDevices, type CallState } from './call-state';
import { ParleyError } from './errors';

describe('a direct call', () => {
	test.each<
		[title: string, events: [number, CallEvent][], phase: string, reason: string | null, bob: string]
	>([
		['ringing -> accept -> active', [[10, accept(BOB)]], 'active', null, 'accepted'],
		[
			'ringing -> decline -> ended, declined',
			[[10, { type: 'decline', userId: BOB }]],
			'ended',
			'declined',
			'declined'
		],
		[
			'ringing -> caller leaves -> ended, cancelled',
			[[10, { type: 'leave', deviceId: 'ann-1' }]],
			'ended',
			'cancelled',
			'cancelled'
		],
		[
			'ringing -> host ends -> ended, cancelled',
			[[10, { type: 'end', userId: ANN }]],
			'ended',
			'cancelled',
			'cancelled'
		],
		// The caller's page still renews its lease every 10 s; here it does so as an event.
		[
			'ringing -> deadline -> ended, missed',
			[
				[15_000, { type: 'tick' }],
				[45_000, { type: 'tick' }]
			],
			'ended',
			'missed',
			'missed'
		],
		[
			'active -> either leaves, connected -> ended, completed',
			[
				[10, accept(BOB)],
				[20, { type: 'media-connected', deviceId: 'ann-1' }],
				[30, { type: 'leave', deviceId: 'bob-1' }]
			],
			'ended',
			'completed',
			'accepted'
		],
		[
			'active -> either leaves, never connected -> ended, failed',
			[
				[10, accept(BOB)],
				[30, { type: 'leave', deviceId: 'ann-1' }]
			],
			'ended',
			'failed',
			'accepted'
		],
		[
			'active -> page left, grace over -> ended',
			[
				[10, accept(BOB)],
				[15, { type: 'media-connected', deviceId: 'ann-1' }],
				[20, { type: 'device-silent', deviceId: 'bob-1' }],
				[20_019, { type: 'tick' }],
				[20_020, { type: 'tick' }]
			],
			'ended',
			'completed',
			'accepted'
		]
	])('%s', (title, events, phase, reason, bob) => {
		// Leases are another test's business.
		const call = title.includes('deadline') ? withoutLeases(start([BOB])) : start([BOB]);
		const ended = run(call, ...events);
		expect([ended.phase, ended.endReason, inviteOf(ended, BOB)]).toEqual([phase, reason, bob]);
	});

	test('a failed call says why, and media that came up later forgets it', () => {
		const active = run(
			start([BOB]),
			[10, accept(BOB)],
			[20, { type: 'media-failed', deviceId: 'ann-1', why: 'No path.' }]
		);
		expect(run(active, [30, { type: 'leave', deviceId: 'bob-1' }])).toMatchObject({
			endReason: 'failed',
			failure: 'No path.'
		});
		const healed = run(
			active,
			[30, { type: 'media-connected', deviceId: 'ann-1' }],
			[40, { type: 'leave', deviceId: 'bob-1' }]
		);
		expect(healed).toMatchObject({ endReason: 'completed', failure: null });
	});

	test('moving to another device is one step and does not end it', () => {
		const moved = run(start([BOB]), [10, accept(BOB)], [20, join(BOB, 'bob-2')]);
		expect(moved.phase).toBe('active');
		expect(presentDevices(moved).map((device) => device.deviceId)).toEqual(['ann-1', 'bob-2']);
		expect(presentDevices(moved).map((device) => device.joinOrder)).toEqual([1, 3]);
	});

	test('a device that comes back within its grace is joined again', () => {
		const back = run(
			start([BOB]),
			[10, accept(BOB)],
			[20, { type: 'device-silent', deviceId: 'bob-1' }],
			[15_000, { type: 'device-heard', deviceId: 'bob-1' }]
		);
		expect(presentDevices(back).map((device) => device.presence)).toContain('joined');
		expect(back.phase).toBe('active');
	});

	test('a third person makes it a group call, which outlives whoever leaves', () => {
		const three = run(
			start([BOB]),
			[10, accept(BOB)],
			[20, join(CAT)],
			[30, { type: 'leave', deviceId: 'ann-1' }]
		);
		expect([three.direct, three.phase, three.hostId]).toEqual([false, 'active', BOB]);
	});
});

describe('a group call', () => {
	test('one declines, the other accepts: it is active, and who declined may still join', () => {
		const active = run(start([BOB, CAT]), [10, { type: 'decline', userId: BOB }], [20, accept(CAT)]);
		expect([active.phase, inviteOf(active, BOB)]).toEqual(['active', 'declined']);
		expect(inviteOf(run(active, [30, join(BOB)]), BOB)).toBe('accepted');
	});

	test('who still rings when it ends has missed it', () => {
		const ended = run(
			start([BOB, CAT]),
			[10, accept(CAT)],
			[20, { type: 'leave', deviceId: 'cat-1' }],
			[30, { type: 'leave', deviceId: 'ann-1' }]
		);
		expect([ended.phase, inviteOf(ended, BOB)]).toEqual(['ended', 'missed']);
	});

	test('a ring has a deadline of its own while the call is active', () => {
		const active = run(withoutLeases(start([BOB, CAT])), [10, accept(CAT)]);
		const later = run(withoutLeases(active), [45_000, { type: 'tick' }]);
		expect([later.phase, inviteOf(later, BOB)]).toEqual(['active', 'missed']);
	});

	test('the host role passes on to whoever has been there longest', () => {
		const active = run(
			start([BOB, CAT]),
			[10, accept(CAT)],
			[20, accept(BOB)],
			[30, { type: 'leave', deviceId: 'ann-1' }]
		);
		expect(active.hostId).toBe(CAT);
	});

	test('alone for five minutes ends it', () => {
		const alone = run(
			withoutLeases(run(start([BOB, CAT]), [10, accept(CAT)], [20, { type: 'leave', deviceId: 'cat-1' }]))
		);
		expect(nextDeadline({ ...alone, participants: [] }, settings)).toBe(T + 20 + 300_000);
		expect(run(alone, [300_020, { type: 'tick' }]).phase).toBe('ended');
	});

	test('who is alone may stay, as long again; too late is too late', () => {
		const alone = run(
			withoutLeases(run(start([BOB, CAT]), [10, accept(CAT)], [20, { type: 'leave', deviceId: 'cat-1' }]))
		);
		const stays = run(alone, [300_000, { type: 'stay', deviceId: 'ann-1' }]);
		expect(run(stays, [599_999, { type: 'tick' }]).phase).toBe('active');
		expect(run(stays, [600_000, { type: 'tick' }]).phase).toBe('ended');
		expect(run(alone, [300_020, { type: 'stay', deviceId: 'ann-1' }]).phase).toBe('ended');
		expect(keyOf(() => run(alone, [30, { type: 'stay', deviceId: 'cat-1' }]))).toBe('call/not-a-participant');
		// With somebody there, there is nothing to put off.
		const two = run(start([BOB, CAT]), [10, accept(CAT)]);
		expect(transition(two, { type: 'stay', deviceId: 'ann-1' }, T + 20, settings)).toBe(two);
	});
});

describe('a shared screen', () => {
	const screen = (deviceId: string, screenEnabled: boolean): CallEvent => ({
		type: 'media-chosen',
		deviceId,
		...both,
		screenEnabled
	});
	const active = run(start([BOB, CAT]), [10, accept(BOB)]);
	const sharing = (call: CallState) =>
		call.devices.filter(({ screenEnabled }) => screenEnabled).map(({ deviceId }) => deviceId);

	test('nobody comes in with one; several share at once, and each stops alone', () => {
		expect(sharing(active)).toEqual([]);
		const one = run(active, [20, screen('ann-1', true)]);
		const two = run(one, [30, screen('bob-1', true)]);
		expect([sharing(one), sharing(two)]).toEqual([['ann-1'], ['ann-1', 'bob-1']]);
		expect(sharing(run(two, [40, screen('ann-1', false)]))).toEqual(['bob-1']);
		expect(two.version).toBe(active.version + 2);
	});

	test('said twice, it is said once', () => {
		const one = run(active, [20, screen('ann-1', true)]);
		expect(run(one, [30, screen('ann-1', true)])).toBe(one);
	});

	test.each<[title: string, event: CallEvent]>([
		['who leaves', { type: 'leave', deviceId: 'bob-1' }],
		['who goes on at another device', join(BOB, 'bob-2')],
		['who is removed', { type: 'remove', userId: ANN, targetId: BOB }],
		['whom the end of the call takes', { type: 'end', userId: ANN }]
	])('%s shares no more', (_title, event) => {
		expect(sharing(run(active, [20, screen('bob-1', true)], [30, event]))).toEqual([]);
	});

	test('who is away for a moment shares on', () => {
		const away = run(active, [20, screen('bob-1', true)], [30, { type: 'device-silent', deviceId: 'bob-1' }]);
		expect(sharing(away)).toEqual(['bob-1']);
		expect(sharing(run(away, [40, join(BOB)]))).toEqual(['bob-1']);
	});
});

describe('what does not fit is refused', () => {
	const active = run(start([BOB]), [10, accept(BOB)]);
	const ended = run(start([BOB]), [10, { type: 'decline', userId: BOB }]);
	test.each<[title: string, call: CallState, event: CallEvent, key: string]>([
		['nobody invited', start([BOB]), accept(CAT), 'call/not-ringing'],
		['answered on another device', active, accept(BOB, 'bob-2'), 'call/already-answered'],
		['accept after the end', ended, accept(BOB), 'call/over'],
		['join after the end', ended, join(BOB), 'call/over'],
		['end by who is not the host', active, { type: 'end', userId: BOB }, 'call/not-host'],
		['a device that is not in it', active, { type: 'device-heard', deviceId: 'x' }, 'call/not-a-participant'],
		[
			'a screen from outside',
			active,
			{ type: 'media-chosen', deviceId: 'x', ...bothOn },
			'call/not-a-participant'
		],
		['too many', run(start([BOB, CAT]), [1, accept(BOB)], [2, accept(CAT)]), join('dan'), 'call/full']
	])('%s', (_title, call, event, key) => {
		expect(keyOf(() => transition(call, event, T + 20, settings))).toBe(key);
	});

	test('an accept that comes after the deadline finds a missed call', () => {
		const late = transition(withoutLeases(start([BOB])), accept(BOB), T + 45_000, settings);
		expect([late.phase, late.endReason, inviteOf(late, BOB)]).toEqual(['ended', 'missed', 'missed']);
	});

	test('the same accept again changes nothing', () => {
		expect(transition(active, accept(BOB), T + 20, settings)).toBe(active);
	});

	test('farewells to an ended call change nothing', () => {
		for (const event of [
			{ type: 'leave', deviceId: 'ann-1' },
			{ type: 'decline', userId: BOB },
			{ type: 'tick' }
		] as const) {
			expect(transition(ended, event, T + 99_999_999, settings)).toBe(ended);
		}
	});

	test('nobody to call', () => {
		expect(keyOf(() => start([]))).toBe('call/nobody-to-call');
	});
});

function withoutLeases(call: CallState): CallState {
	return { ...call, devices: call.devices.map((device) => ({ ...device, leaseUntil: null })) };
}

describe('any order of events', () => {
	const user = fc.constantFrom(ANN, BOB, CAT, 'dan');
	const device = fc
		.tuple(user, fc.constantFrom(1, 2))
		.map(([name, n]) => ({ userId: name, deviceId: `${name}-${n}` }));
	const event: fc.Arbitrary<CallEvent> = fc.oneof(
		device.map((one) => ({ type: 'accept' as const, ...one, ...both })),
		device.map((one) => ({ type: 'join' as const, ...one, ...both })),
		user.map((userId) => ({ type: 'decline' as const, userId })),
		user.map((userId) => ({ type: 'end' as const, userId })),
		user.map((userId) => ({ type: 'member-gone' as const, userId })),
		fc.record({
			type: fc.constantFrom('mute', 'remove', 'hand-over', 'lower-hand'),
			userId: user,
			targetId: user
		}),
		device.map(({ deviceId }) => ({ type: 'leave' as const, deviceId })),
		device.map(({ deviceId }) => ({ type: 'device-silent' as const, deviceId })),
		device.map(({ deviceId }) => ({ type: 'device-heard' as const, deviceId })),
		device.map(({ deviceId }) => ({ type: 'media-connected' as const, deviceId })),
		device.map(({ deviceId }) => ({ type: 'mailbox-reset' as const, deviceId })),
		device.map(({ deviceId }) => ({ type: 'stay' as const, deviceId })),
		fc.tuple(device, fc.boolean()).map(([{ deviceId }, screenEnabled]) => ({
			type: 'media-chosen' as const,
			deviceId,
			...both,
			screenEnabled
		})),
		fc
			.tuple(device, fc.boolean())
			.map(([{ deviceId }, raised]) => ({ type: 'hand-set' as const, deviceId, raised })),
		user.map((userId) => ({ type: 'lower-hands' as const, userId })),
		fc.constant({ type: 'tick' as const })
	);
	const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), event), {
		maxLength: 40,
		size: 'max'
	});
	const FINAL = ['accepted', 'declined', 'missed', 'busy', 'cancelled'];

	test('keeps the call whole', () => {
		fc.assert(
			fc.property(fc.subarray([BOB, CAT], { minLength: 1 }), steps, (callees, sequence) => {
				let call = start(callees);
				let now = T;
				for (const [waitMs, next] of sequence) {
					now += waitMs;
					const before = call;
					try {
						call = transition(before, next, now, settings);
					} catch (error) {
						if (!(error instanceof ParleyError)) throw error;
						continue;
					}
					expectWhole(before, call);
				}
				// And time alone always ends it: nobody renews, so everybody lapses.
				for (let i = 0; i < 10 && call.phase !== 'ended'; i++) {
					now = Math.max(now, nextDeadline(call, settings) ?? Number.NaN);
					const before = call;
					call = transition(call, { type: 'tick' }, now, settings);
					expectWhole(before, call);
				}
				expect(call.phase).toBe('ended');
			}),
			{ numRuns: 500 }
		);
	});

	function expectWhole(before: CallState, after: CallState): void {
		if (after === before) return;
		expect(after.version).toBe(before.version + 1);
		const present = presentDevices(after);
		const rings = after.participants.some((one) => one.invite === 'ringing');
		// One device a person, under an order of its own.
		expect(new Set(present.map((one) => one.userId)).size).toBe(present.length);
		expect(new Set(after.devices.map((one) => one.joinOrder)).size).toBe(after.devices.length);
		expect(present.length).toBeLessThanOrEqual(settings.meshLimit);
		// Nobody comes in sharing a screen, and none is shared from outside.
		const was = new Set(presentDevices(before).map((one) => one.joinOrder));
		for (const one of after.devices) {
			if (!present.includes(one) || !was.has(one.joinOrder)) expect(one.screenEnabled).toBe(false);
		}
		expect(wrongHands(before, after)).toEqual([]);
		// Settled invites move upward only.
		for (const one of before.participants) {
			const now = inviteOf(after, one.userId);
			if (FINAL.includes(one.invite) && now !== one.invite) expect(now).toBe('accepted');
		}
		if (after.phase === 'ended') {
			expect([rings, present.length]).toEqual([false, 0]);
			expect(after.endReason).not.toBeNull();
			expect(nextDeadline(after, settings)).toBeNull();
		} else {
			expect(present.length).toBeGreaterThan(0);
			expect(nextDeadline(after, settings)).not.toBeNull();
			if (after.phase === 'ringing') expect(rings).toBe(true);
			if (after.phase === 'active' && after.direct) expect(present.length).toBe(2);
			if (after.phase === 'active') expect(present.map((one) => one.userId)).toContain(after.hostId);
		}
	}
});
