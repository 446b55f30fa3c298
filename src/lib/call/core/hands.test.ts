import { describe, expect, test } from 'vitest';
import type { CallEvent } from './call';
import { accept, ANN, BOB, CAT, join, keyOf, run, start, T } from './call-fixture';
import { projectCall } from './call-projection';
import type { CallState } from './call-state';
import { raisedHands } from './hands';

const hand = (deviceId: string, raised = true): CallEvent => ({ type: 'hand-set', deviceId, raised });
const lower = (targetId: string, userId = ANN): CallEvent => ({ type: 'lower-hand', userId, targetId });
const lowerAll = (userId = ANN): CallEvent => ({ type: 'lower-hands', userId });

const inCall = run(start([BOB, CAT]), [10, accept(BOB)], [20, accept(CAT)]);
const bobsUp = run(inCall, [100, hand('bob-1')]);
const twoUp = run(bobsUp, [200, hand('ann-1')]);

/** Whose hands are up, in their order, as somebody in the call sees it. */
const order = (call: CallState) =>
	raisedHands(
		projectCall(call, {
			viewerId: CAT,
			roomName: 'Kitchen',
			ring: 'ring',
			settings: { aloneLimitMs: 1 },
			nameOf: (userId) => userId,
			epochOf: () => 1
		}).devices
	).map(({ userId }) => userId);

describe('a raised hand', () => {
	test('nobody comes in with one; they stand in the order in which they were raised', () => {
		expect(order(inCall)).toEqual([]);
		expect(order(twoUp)).toEqual([BOB, ANN]);
		expect(twoUp.version).toBe(inCall.version + 2);
		expect(bobsUp.devices.map(({ handRaisedAt }) => handRaisedAt)).toEqual([null, T + 100, null]);
	});

	test('raised again, it keeps its place; put down and raised, it is the last', () => {
		expect(run(twoUp, [300, hand('bob-1')])).toBe(twoUp);
		expect(order(run(twoUp, [300, hand('bob-1', false)]))).toEqual([ANN]);
		expect(order(run(twoUp, [300, hand('bob-1', false)], [400, hand('bob-1')]))).toEqual([ANN, BOB]);
		expect(run(inCall, [300, hand('bob-1', false)])).toBe(inCall);
	});

	test.each([
		['in the same millisecond', 100],
		['by a clock that was put back', 50]
	])('of two that were raised %s, the one that was first is first', (_title, afterMs) => {
		expect(order(run(bobsUp, [afterMs, hand('ann-1')]))).toEqual([BOB, ANN]);
	});

	test.each<[title: string, event: CallEvent]>([
		['who leaves', { type: 'leave', deviceId: 'bob-1' }],
		['who is removed', { type: 'remove', userId: ANN, targetId: BOB }],
		['whom the end of the call takes', { type: 'end', userId: ANN }]
	])('%s has it down, and comes back without', (_title, event) => {
		const after = run(bobsUp, [300, event]);
		expect(after.devices.map(({ handRaisedAt }) => handRaisedAt)).toEqual([null, null, null]);
		if (event.type === 'leave') expect(order(run(after, [400, join(BOB)]))).toEqual([]);
	});

	test('who is away for a moment, reloads, or goes on at another device, keeps it and its place', () => {
		const away = run(twoUp, [300, { type: 'device-silent', deviceId: 'bob-1' }]);
		expect(order(away)).toEqual([BOB, ANN]);
		expect(order(run(away, [400, join(BOB)]))).toEqual([BOB, ANN]);
		const moved = run(away, [400, join(BOB, 'bob-2')]);
		expect(order(moved)).toEqual([BOB, ANN]);
		expect(moved.devices.filter(({ handRaisedAt }) => handRaisedAt).map(({ deviceId }) => deviceId)).toEqual([
			'ann-1',
			'bob-2'
		]);
	});

	test('the host puts down anybody’s, their own too, or all of them', () => {
		expect(order(run(twoUp, [300, lower(BOB)]))).toEqual([ANN]);
		expect(order(run(twoUp, [300, lower(ANN)]))).toEqual([BOB]);
		expect(order(run(twoUp, [300, lowerAll()]))).toEqual([]);
		expect(run(twoUp, [300, lower(CAT)])).toBe(twoUp);
		expect(run(inCall, [300, lowerAll()])).toBe(inCall);
	});

	test.each<[title: string, event: CallEvent, key: string]>([
		['somebody else’s, by who is not the host', lower(BOB, CAT), 'call/not-host'],
		['their own, as if they were the host', lower(BOB, BOB), 'call/not-host'],
		['all, by who is not the host', lowerAll(BOB), 'call/not-host'],
		['of somebody who is not in the call', lower('dan'), 'call/not-a-participant'],
		['from outside', hand('dan-1'), 'call/not-a-participant']
	])('refused: %s', (_title, event, key) => {
		expect(keyOf(() => run(twoUp, [300, event]))).toBe(key);
	});

	test('a call that is over has none', () => {
		const over = run(twoUp, [300, { type: 'end', userId: ANN }]);
		expect(keyOf(() => run(over, [400, hand('bob-1')]))).toBe('call/over');
		expect(keyOf(() => run(over, [400, lowerAll()]))).toBe('call/over');
	});
});
