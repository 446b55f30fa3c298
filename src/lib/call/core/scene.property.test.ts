import fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectCall } from './call-projection';
import { startCall, transition as liveOn, type CallEvent } from './call';
import type { CallState } from './call-state';
import { ParleyError } from './errors';
import { currentOf, incomingOf, newScene, transition, type Scene, type SceneEffect } from './scene';
import type { CallSnapshot } from './snapshot';

const settings = {
	ringLifetimeMs: 45_000,
	reconnectGraceMs: 20_000,
	leaseLifetimeMs: 1_000_000,
	aloneLimitMs: 300_000,
	meshLimit: 4,
	ringAtMost: 100
};
const ME = 'bob';
const MINE = 'bob-here';
const media = { microphoneEnabled: true, cameraEnabled: false };

/** What others, and my other device, may do to a call that rings at me. */
const happening = fc.oneof(
	fc.constantFrom<CallEvent>(
		{ type: 'decline', userId: ME },
		{ type: 'decline', userId: 'cat' },
		{ type: 'accept', userId: ME, deviceId: 'bob-phone', ...media },
		{ type: 'accept', userId: 'cat', deviceId: 'cat-1', ...media },
		{ type: 'join', userId: ME, deviceId: MINE, ...media },
		{ type: 'leave', deviceId: 'ann-1' },
		{ type: 'leave', deviceId: 'cat-1' },
		{ type: 'leave', deviceId: MINE },
		{ type: 'media-connected', deviceId: 'cat-1' },
		{ type: 'media-chosen', deviceId: 'cat-1', ...media, screenEnabled: true },
		{ type: 'member-gone', userId: ME },
		{ type: 'end', userId: 'ann' },
		{ type: 'remove', userId: 'ann', targetId: ME },
		{ type: 'mute', userId: 'ann', targetId: ME },
		{ type: 'hand-over', userId: 'ann', targetId: 'cat' },
		{ type: 'tick' }
	)
);

/** The life of one call as I see it: one snapshot per version. */
const life = fc
	.tuple(fc.array(fc.tuple(happening, fc.nat(30_000)), { maxLength: 12, size: 'max' }), fc.boolean())
	.map(([events, withCat]): CallSnapshot[] => {
		const calleeIds = withCat ? [ME, 'cat'] : [ME];
		let now = 1_000;
		let call: CallState = startCall(
			{
				id: 'call',
				roomId: 'room',
				kind: 'audio',
				callerId: 'ann',
				deviceId: 'ann-1',
				calleeIds,
				busyIds: [],
				...media
			},
			now,
			settings
		);
		const states = [call];
		for (const [event, afterMs] of events) {
			now += afterMs;
			try {
				const next = liveOn(call, event, now, settings);
				if (next !== call) states.push(next);
				call = next;
			} catch (error) {
				if (!(error instanceof ParleyError)) throw error;
			}
		}
		const context = {
			viewerId: ME,
			roomName: 'Room',
			ring: 'ring' as const,
			settings,
			nameOf: (id: string) => id,
			epochOf: () => 1
		};
		return states.map((state) => projectCall(state, context));
	});

function take(scene: Scene, calls: readonly CallSnapshot[]): { scene: Scene; effects: SceneEffect[] } {
	const effects: SceneEffect[] = [];
	for (const call of calls) {
		const next = transition(scene, { type: 'call', call });
		scene = next.state;
		effects.push(...next.effects);
	}
	return { scene, effects };
}

const idle = () => transition(newScene(ME), { type: 'device', deviceId: MINE }).state;

test('lost, doubled and shuffled news end like all of them in order, once the last one is known', () => {
	fc.assert(
		fc.property(
			life.chain((calls) =>
				fc.tuple(fc.constant(calls), fc.array(fc.constantFrom(...calls), { maxLength: 20, size: 'max' }))
			),
			([calls, some]) => {
				const last = calls.at(-1);
				if (!last) return;
				const ordered = take(idle(), calls).scene;
				const jumbled = take(idle(), [...some, last, ...some]).scene;
				expect([...jumbled.calls.values()]).toEqual([...ordered.calls.values()]);
				expect(incomingOf(jumbled)).toEqual(incomingOf(ordered));
				expect(currentOf(jumbled)).toBeNull();
			}
		)
	);
});

test('a ring that stops is spoken of once at most, and nothing else is', () => {
	fc.assert(
		fc.property(
			life.chain((calls) => fc.shuffledSubarray([...calls, ...calls])),
			(calls) => {
				const { effects } = take(idle(), calls);
				expect(effects.filter((effect) => effect.type === 'say').length).toBeLessThanOrEqual(1);
				expect(effects.filter((effect) => effect.type === 'release')).toEqual([]);
			}
		)
	);
});

test('whoever is in a call is released once exactly when it is over for this device, and told so', () => {
	fc.assert(
		fc.property(life, fc.nat(), (calls, pick) => {
			const inside = calls.filter((call) => call.devices.some((device) => device.deviceId === MINE));
			const joined = inside[pick % inside.length];
			fc.pre(joined !== undefined);
			const asking = transition(idle(), { type: 'ask', callId: 'call' }).state;
			const entered = transition(asking, { type: 'entered', call: joined });
			const later = calls.filter((call) => call.version > joined.version);
			const { scene, effects } = take(entered.state, later);
			const out = later.some(
				(call) => call.phase === 'ended' || !call.devices.some((device) => device.deviceId === MINE)
			);
			expect(effects.filter((effect) => effect.type === 'release')).toHaveLength(out ? 1 : 0);
			expect(effects.filter((effect) => effect.type === 'say')).toHaveLength(out ? 1 : 0);
			expect(currentOf(scene) === null).toBe(out);
			const moved = effects.some(
				(effect) => effect.type === 'say' && effect.words.text.includes('another device')
			);
			expect(scene.endTones).toBe(out && !moved ? 1 : 0);
		})
	);
});
