import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reaction, type Reaction } from './channel-message';
import {
	MAX_REACTIONS_PER_TILE,
	MAX_REACTIONS_SENT,
	mayReact,
	REACTION_SHOWN_MS,
	REACTIONS_SENT_WITHIN_MS,
	showReaction,
	stillShown,
	type ShownReaction
} from './reactions';

const of = (deviceId: string, one: Reaction) => ({ deviceId, reaction: one });

test('the same again gathers, and is seen for its time from then on', () => {
	let shown = showReaction([], of('bob', 'applause'), 0);
	shown = showReaction(shown, of('bob', 'applause'), 3_000);
	shown = showReaction(shown, of('cem', 'applause'), 3_000);
	expect(shown.map(({ deviceId, count }) => [deviceId, count])).toEqual([
		['bob', 2],
		['cem', 1]
	]);
	expect(stillShown(shown, 3_000 + REACTION_SHOWN_MS - 1)).toHaveLength(2);
	expect(stillShown(shown, 3_000 + REACTION_SHOWN_MS)).toEqual([]);
});

test('after its time the same one begins anew', () => {
	const shown = showReaction([], of('bob', 'heart'), 0);
	expect(showReaction(shown, of('bob', 'heart'), REACTION_SHOWN_MS)).toMatchObject([{ count: 1 }]);
});

test('one more than a tile holds takes the place of its oldest, and of nobody else’s', () => {
	let shown = showReaction([], of('cem', 'heart'), 0);
	for (const one of reaction.options) shown = showReaction(shown, of('bob', one), 1);
	expect(shown.map(({ deviceId, reaction: what }) => `${deviceId} ${what}`)).toEqual([
		'cem heart',
		'bob surprise',
		'bob applause',
		'bob celebration'
	]);
});

test('however many come, each kind is seen once on a tile, and a tile holds few', () => {
	const press = fc.record({
		deviceId: fc.constantFrom('ann', 'bob'),
		reaction: fc.constantFrom(...reaction.options),
		after: fc.nat({ max: 2_000 })
	});
	fc.assert(
		fc.property(fc.array(press), (presses) => {
			let now = 0;
			let shown: readonly ShownReaction[] = [];
			for (const { after, ...one } of presses) {
				now += after;
				shown = showReaction(shown, one, now);
				expect(shown.some((each) => each.deviceId === one.deviceId && each.reaction === one.reaction)).toBe(
					true
				);
				const keys = shown.map((each) => `${each.deviceId} ${each.reaction}`);
				expect(new Set(keys).size).toBe(keys.length);
				for (const deviceId of ['ann', 'bob']) {
					expect(shown.filter((each) => each.deviceId === deviceId).length).toBeLessThanOrEqual(
						MAX_REACTIONS_PER_TILE
					);
				}
			}
		})
	);
});

test('so many are sent at once, and as many again after a while', () => {
	let sentAt: readonly number[] = [];
	for (let n = 0; n < MAX_REACTIONS_SENT; n++) sentAt = mayReact(sentAt, 10 + n) ?? [];
	expect(mayReact(sentAt, 100)).toBeNull();
	// Who hammers on in vain is not punished for it.
	expect(mayReact(sentAt, 10 + REACTIONS_SENT_WITHIN_MS)).toHaveLength(MAX_REACTIONS_SENT);
});
