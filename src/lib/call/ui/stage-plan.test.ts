import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Rect, Size } from './grid-fit';
import { largePerson, OWN, planStage, screenKey, takeSeats, type StageWish } from './stage-plan';

const WIDE: Size = { width: 1_000, height: 400 };
const PHONE: Size = { width: 366, height: 620 };
const SCREEN = screenKey('ann');
const PEOPLE = ['ann', 'bob', 'cem', 'dan', 'eve'];

const plan = (over: Partial<StageWish>) =>
	planStage({
		room: WIDE,
		people: PEOPLE,
		screens: [],
		layout: 'grid',
		pinned: null,
		only: null,
		speaker: null,
		...over
	});
const area = ({ width, height }: Rect) => width * height;
/** From the largest, as groups of the same size: "ann | bob cem own". */
function sizes(places: ReadonlyMap<string, Rect>): string {
	const groups = new Map<number, string[]>();
	for (const [key, rect] of places) groups.set(area(rect), [...(groups.get(area(rect)) ?? []), key]);
	const largestFirst = [...groups].sort(([a], [b]) => b - a);
	return largestFirst.map(([, keys]) => keys.join(' ')).join(' | ');
}

test.each<[title: string, Partial<StageWish>, string]>([
	['nobody else: ours in the corner', { people: [] }, 'own'],
	['two: ours in the corner', { people: ['ann'] }, 'ann | own'],
	['two in the other layout: the same', { people: ['ann'], layout: 'speaker' }, 'ann | own'],
	['two, one of them pinned: the same', { people: ['ann'], pinned: 'ann' }, 'ann | own'],
	['three', { people: ['ann', 'bob'] }, 'ann bob own'],
	['six', {}, 'ann bob cem dan eve own'],
	['who speaks is large', { layout: 'speaker', speaker: 'cem' }, 'cem | ann bob dan eve own'],
	['nobody has spoken yet: who came first', { layout: 'speaker' }, 'ann | bob cem dan eve own'],
	['who spoke is gone', { layout: 'speaker', speaker: 'fay' }, 'ann | bob cem dan eve own'],
	['in a grid nobody is larger for speaking', { speaker: 'cem' }, 'ann bob cem dan eve own'],
	['a pinned one, in a grid', { pinned: 'dan' }, 'dan | ann bob cem eve own'],
	[
		'a pinned one, whoever speaks',
		{ pinned: 'dan', layout: 'speaker', speaker: 'bob' },
		'dan | ann bob cem eve own'
	],
	['who was pinned has left', { pinned: 'fay' }, 'ann bob cem dan eve own'],
	['a screen comes first', { people: ['ann', 'bob'], screens: [SCREEN] }, `${SCREEN} | ann bob own`],
	['also in a call of two', { people: ['ann'], screens: [SCREEN] }, `${SCREEN} | ann own`],
	['whoever speaks', { people: ['ann'], screens: [SCREEN], layout: 'speaker' }, `${SCREEN} | ann own`],
	[
		'two screens are alike',
		{ people: ['ann', 'bob'], screens: [SCREEN, screenKey('bob')] },
		`${SCREEN} screen:bob | ann bob own`
	],
	[
		'somebody is pinned beside a screen',
		{ people: ['ann', 'bob'], screens: [SCREEN], pinned: 'bob' },
		`bob | ${SCREEN} ann own`
	],
	['one alone', { only: 'bob', pinned: 'ann', screens: [SCREEN] }, 'bob'],
	['a screen alone', { only: SCREEN, screens: [SCREEN] }, SCREEN],
	['who was to be seen alone has left', { only: 'fay', people: ['ann', 'bob'] }, 'ann bob own']
])('%s', (_title, over, expected) => {
	expect(sizes(plan(over).places)).toBe(expected);
});

test('the strip is beside in a wide room, and below in an upright one', () => {
	const strip = (room: Size) => {
		const { places } = plan({ room, layout: 'speaker' });
		const [large, own] = [places.get('ann')!, places.get(OWN)!];
		return own.x >= large.x + large.width ? 'beside' : own.y >= large.y + large.height ? 'below' : 'upon';
	};
	expect(strip(WIDE)).toBe('beside');
	expect(strip(PHONE)).toBe('below');
});

test('a room that is not measured yet has no places', () => {
	expect(plan({ room: { width: 0, height: 0 } }).places.size).toBe(0);
});

const keys = fc.uniqueArray(fc.constantFrom(...PEOPLE), { maxLength: 5 });
const wish: fc.Arbitrary<StageWish> = fc
	.record({
		room: fc.record({
			width: fc.integer({ min: 280, max: 3_000 }),
			height: fc.integer({ min: 160, max: 2_000 })
		}),
		people: keys,
		sharing: keys,
		layout: fc.constantFrom('grid' as const, 'speaker' as const),
		pinned: fc.option(fc.constantFrom(...PEOPLE, SCREEN)),
		only: fc.option(fc.constantFrom(...PEOPLE, SCREEN), { freq: 5 }),
		speaker: fc.option(fc.constantFrom(...PEOPLE))
	})
	.map(({ sharing, ...rest }) => ({
		...rest,
		screens: rest.people.filter((one) => sharing.includes(one)).map(screenKey)
	}));

test('property: every tile has one place within the room, upon no other but ours in the corner', () => {
	fc.assert(
		fc.property(wish, (wanted) => {
			const { places, cornered } = planStage(wanted);
			const all = [...wanted.screens, ...wanted.people, OWN];
			const alone = wanted.only !== null && all.includes(wanted.only);
			expect([...places.keys()].sort()).toEqual(alone ? [wanted.only] : all.sort());
			const seen = [...places].filter(([key]) => !(cornered && key === OWN)).map(([, rect]) => rect);
			for (const rect of places.values()) {
				expect(Math.min(rect.x, rect.y)).toBeGreaterThanOrEqual(0);
				expect(rect.x + rect.width).toBeLessThanOrEqual(wanted.room.width);
				expect(rect.y + rect.height).toBeLessThanOrEqual(wanted.room.height);
				expect(Math.min(rect.width, rect.height)).toBeGreaterThanOrEqual(16);
			}
			for (const [index, a] of seen.entries()) {
				for (const b of seen.slice(index + 1)) {
					const apart =
						a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
					expect(apart).toBe(true);
				}
			}
		}),
		{ numRuns: 1_000 }
	);
});

test('property: when another one becomes large, two tiles move, and no other', () => {
	const speaker = fc.constantFrom(...PEOPLE);
	fc.assert(
		fc.property(fc.array(speaker, { minLength: 2, maxLength: 20 }), (speakers) => {
			let seats: string[] = [];
			let before: ReadonlyMap<string, Rect> | null = null;
			for (const one of speakers) {
				seats = takeSeats(seats, PEOPLE, one);
				const { places } = plan({ people: seats, layout: 'speaker', speaker: one });
				const moved = [...places].filter(([key, rect]) => {
					const was = before?.get(key);
					return was && (was.x !== rect.x || was.y !== rect.y || was.width !== rect.width);
				});
				expect([0, 2]).toContain(moved.length);
				before = places;
			}
		})
	);
});

test('property: who comes takes the last seat, and who goes moves nobody out of order', () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(keys, fc.option(fc.constantFrom(...PEOPLE)))), (steps) => {
			let seats: string[] = [];
			for (const [present, large] of steps) {
				const kept = seats.filter((one) => present.includes(one));
				const stays = large === null || !present.includes(large) || large === kept[0];
				seats = takeSeats(seats, present, large);
				expect([...seats].sort()).toEqual([...present].sort());
				if (large === null) expect(seats).toEqual(present);
				else if (stays) expect(seats.slice(0, kept.length)).toEqual(kept);
				else expect(seats[0]).toBe(large);
			}
		})
	);
});

test('who is large of the people: nobody in a grid, and nobody while a screen is', () => {
	const large = (over: Partial<StageWish>) =>
		largePerson({ people: PEOPLE, screens: [], layout: 'speaker', pinned: null, speaker: 'bob', ...over });
	expect(large({})).toBe('bob');
	expect(large({ layout: 'grid' })).toBeNull();
	expect(large({ layout: 'grid', pinned: 'cem' })).toBe('cem');
	expect(large({ screens: [SCREEN] })).toBeNull();
});
