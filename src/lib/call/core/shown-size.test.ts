import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	NOTHING_TOLD,
	SHOWN_SIZES,
	sizeOfTile,
	SMALLER_AFTER_MS,
	tellSize,
	type ShownSize,
	type SizeEvent,
	type SizeTelling
} from './shown-size';

test.each<[title: string, width: number, height: number, pixelRatio: number, size: ShownSize]>([
	['nothing', 0, 0, 1, 0],
	['a tile without height', 300, 0, 1, 0],
	['a thumbnail', 120, 90, 1, 90],
	['a little more than a class', 290, 220, 1, 180],
	['more than a little', 290, 230, 1, 360],
	['half a window', 480, 360, 1, 360],
	['the same on a display of twice the pixels', 480, 360, 2, 720],
	['a wide tile, whose picture is cut off above and below', 480, 100, 1, 360],
	['a wall', 7_680, 4_320, 1, 720]
])('%s: %i x %i at %i is %i', (_title, width, height, pixelRatio, size) => {
	expect(sizeOfTile(width, height, pixelRatio)).toBe(size);
});

const shown = (size: ShownSize): SizeEvent => ({ type: 'shown', size });
const told = (size: ShownSize | null, over: Partial<SizeTelling> = {}): SizeTelling => ({
	told: size,
	shown: size,
	open: true,
	waiting: false,
	...over
});

test.each<[title: string, state: SizeTelling, event: SizeEvent, effects: string[]]>([
	['no way to tell it', NOTHING_TOLD, shown(90), []],
	['open, and nothing is known', NOTHING_TOLD, { type: 'open' }, []],
	['open, and it is known -> at once', { ...NOTHING_TOLD, shown: 90 }, { type: 'open' }, ['tell 90']],
	['nothing told -> at once', told(null), shown(180), ['tell 180']],
	['another way to tell it -> told anew', told(90), { type: 'open' }, ['tell 90']],
	['larger -> at once', told(90), shown(360), ['tell 360']],
	['shown again -> at once', told(0), shown(90), ['tell 90']],
	['smaller -> waits', told(360), shown(90), ['start-timer']],
	['smaller still while it waits -> waits on', told(360, { shown: 180, waiting: true }), shown(90), []],
	['as before while it waits -> nothing to tell', told(360, { waiting: true }), shown(360), ['stop-timer']],
	[
		'larger than before while it waits -> at once',
		told(180, { shown: 90, waiting: true }),
		shown(360),
		['stop-timer', 'tell 360']
	],
	[
		'timer-due -> what it is by then',
		told(360, { shown: 0, waiting: true }),
		{ type: 'timer-due' },
		['tell 0']
	],
	['(ignored) timer-due of a timer from before', told(360), { type: 'timer-due' }, []],
	['closed -> nothing more', told(360, { shown: 0, waiting: true }), { type: 'closed' }, ['stop-timer']],
	['refused -> again a little later', told(360), { type: 'refused' }, ['start-timer']],
	[
		'larger after a refusal -> at once',
		told(null, { shown: 90, waiting: true }),
		shown(180),
		['stop-timer', 'tell 180']
	]
])('%s', (_title, state, event, effects) => {
	expect(
		tellSize(state, event).effects.map((effect) =>
			effect.type === 'tell' ? `tell ${effect.size}` : effect.type
		)
	).toEqual(effects);
});

test('however it changes, what is told is never smaller than what is shown, and right while no timer runs', () => {
	expect(SMALLER_AFTER_MS).toBeGreaterThanOrEqual(1_000);
	const event = fc.oneof(
		fc.constantFrom(...SHOWN_SIZES).map((size) => shown(size)),
		fc.constantFrom<SizeEvent>(
			{ type: 'timer-due' },
			{ type: 'open' },
			{ type: 'closed' },
			{ type: 'refused' }
		)
	);
	fc.assert(
		fc.property(fc.array(event, { maxLength: 60 }), (events) => {
			let state = NOTHING_TOLD;
			let timer = false;
			let knows: ShownSize | null = null;
			for (const one of events) {
				if (one.type === 'timer-due' && !timer) continue;
				if (one.type === 'refused' && state.told === null) continue;
				if (one.type === 'timer-due') timer = false;
				if (one.type !== 'shown' && one.type !== 'timer-due') knows = null;
				const next = tellSize(state, one);
				state = next.state;
				for (const effect of next.effects) {
					if (effect.type === 'tell') knows = effect.size;
					else timer = effect.type === 'start-timer';
				}
				expect(state.waiting).toBe(timer);
				expect(state.told).toBe(knows);
				if (state.shown === null || !state.open) continue;
				expect(knows ?? 720).toBeGreaterThanOrEqual(state.shown);
				if (!timer) expect(knows).toBe(state.shown);
			}
		})
	);
});
