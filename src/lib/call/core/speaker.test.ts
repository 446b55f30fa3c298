import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hear, KEEPS_FOR_MS, SILENT_FLOOR, TAKES_AFTER_MS, type Floor } from './speaker';

const LOOK_MS = 200;
const SPEECH = 0.08;
const ROOM = 0.003;

/** Goes on for so long with these levels. @returns every look */
function goOn(from: Floor, levels: Record<string, number>, forMs: number): Floor[] {
	const looks: Floor[] = [];
	let floor = from;
	for (let passed = 0; passed < forMs; passed += LOOK_MS) {
		floor = hear(floor, new Map(Object.entries(levels)), floor.at + LOOK_MS);
		looks.push(floor);
	}
	return looks;
}
const last = (looks: Floor[]): Floor => looks.at(-1)!;
const annSpeaks = () => last(goOn(SILENT_FLOOR, { ann: SPEECH, bob: ROOM, cem: ROOM }, 5_000));

test('nobody has the floor until somebody speaks; the first who does has it at once', () => {
	const quiet = last(goOn(SILENT_FLOOR, { ann: ROOM, bob: ROOM }, 10_000));
	expect(quiet.speaker).toBeNull();
	expect(last(goOn(quiet, { ann: ROOM, bob: SPEECH }, LOOK_MS)).speaker).toBe('bob');
});

test('who has it keeps it in silence', () => {
	const silent = last(goOn(annSpeaks(), { ann: ROOM, bob: ROOM, cem: ROOM }, 60_000));
	expect(silent.speaker).toBe('ann');
	expect([...silent.speaking]).toEqual([]);
});

test('who speaks on takes it from who is silent, after a moment', () => {
	const looks = goOn(annSpeaks(), { ann: ROOM, bob: SPEECH, cem: ROOM }, 5_000);
	const taken = looks.findIndex((look) => look.speaker === 'bob');
	expect(taken * LOOK_MS).toBeGreaterThanOrEqual(TAKES_AFTER_MS);
	expect(taken * LOOK_MS).toBeLessThan(TAKES_AFTER_MS + 1_000);
});

test('a word between is marked as speech, and takes nothing', () => {
	const word = goOn(annSpeaks(), { ann: ROOM, bob: SPEECH, cem: ROOM }, 400);
	expect(last(word).speaking.has('bob')).toBe(true);
	const after = goOn(last(word), { ann: SPEECH, bob: ROOM, cem: ROOM }, 5_000);
	expect([...word, ...after].every((look) => look.speaker === 'ann')).toBe(true);
});

test('two who talk at once do not take it from each other; who shouts does', () => {
	const both = goOn(annSpeaks(), { ann: SPEECH, bob: SPEECH * 1.5, cem: ROOM }, 60_000);
	expect(both.every((look) => look.speaker === 'ann')).toBe(true);
	expect(last(goOn(last(both), { ann: SPEECH, bob: SPEECH * 2.4, cem: ROOM }, 3_000)).speaker).toBe('bob');
});

test('two who take turns in being louder do not keep it from each other for ever', () => {
	let floor = annSpeaks();
	for (let turn = 0; turn < 20; turn++) {
		const [bob, cem] = turn % 2 === 0 ? [0.1, 0.06] : [0.06, 0.1];
		floor = last(goOn(floor, { ann: ROOM, bob, cem }, 400));
	}
	expect(['bob', 'cem']).toContain(floor.speaker);
});

test('who leaves has it no more; the loudest of the others has it at once', () => {
	expect(last(goOn(annSpeaks(), { bob: ROOM, cem: ROOM }, LOOK_MS)).speaker).toBeNull();
	expect(last(goOn(annSpeaks(), { bob: ROOM, cem: SPEECH }, LOOK_MS)).speaker).toBe('cem');
});

/** A call of three: at each look, how long after the last, how loud each is, and who is in it. */
const looks = fc.array(
	fc.record({
		afterMs: fc.integer({ min: 1, max: 1_500 }),
		levels: fc.dictionary(fc.constantFrom('ann', 'bob', 'cem'), fc.double({ min: 0, max: 1, noNaN: true }))
	}),
	{ maxLength: 200 }
);

test('property: whatever is heard, the floor changes hands seldom, and never to somebody silent or gone', () => {
	fc.assert(
		fc.property(looks, (all) => {
			let floor = SILENT_FLOOR;
			for (const { afterMs, levels } of all) {
				const before = floor;
				const there = new Map(Object.entries(levels));
				floor = hear(before, there, before.at + afterMs);
				if (floor.speaker === before.speaker) continue;
				if (floor.speaker !== null) expect(floor.speaking.has(floor.speaker)).toBe(true);
				if (before.speaker === null || !there.has(before.speaker)) continue;
				expect(floor.speaker).not.toBeNull();
				expect(floor.at - before.since).toBeGreaterThanOrEqual(KEEPS_FOR_MS);
			}
		}),
		{ numRuns: 500 }
	);
});

test('property: no noise of up to 300 ms, however loud, takes the floor from anybody', () => {
	const noise = fc.record({
		forMs: fc.constantFrom(100, 200, 300),
		level: fc.double({ min: 0, max: 1, noNaN: true })
	});
	fc.assert(
		fc.property(noise, fc.constantFrom(20, 50, 100), ({ forMs, level }, lookMs) => {
			let floor = annSpeaks();
			for (let passed = 0; passed < 5_000; passed += lookMs) {
				const levels = { ann: ROOM, bob: passed < forMs ? level : ROOM, cem: ROOM };
				floor = hear(floor, new Map(Object.entries(levels)), floor.at + lookMs);
				expect(floor.speaker).toBe('ann');
			}
		})
	);
});
