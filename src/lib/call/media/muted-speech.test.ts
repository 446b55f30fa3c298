import { expect, test } from 'vitest';
import { levelOf, loudnessDb } from './level-meter';
import { hear, QUIET } from './muted-speech';

/** Looks at the microphone, ten a second. @returns when it was pointed out, in milliseconds */
function listen(looks: readonly number[]): number[] {
	let state = QUIET;
	const saidAt: number[] = [];
	looks.forEach((loudness, index) => {
		const heard = hear(state, loudness, index * 100);
		state = heard.state;
		if (heard.say) saidAt.push(index * 100);
	});
	return saidAt;
}
const times = (count: number, ...looks: number[]) => Array.from({ length: count }, () => looks).flat();
const ROOM = times(20, -62, -58);
/** Syllables, and the gaps between them. */
const SPEECH = [-28, -25, -30, -27, -52];

test('speech is pointed out within a second', () => {
	const [first] = listen([...ROOM, ...times(4, ...SPEECH)]);
	expect(first).toBeGreaterThan(4_000);
	expect(first).toBeLessThan(5_000);
});

test('whoever talks on is told again after a minute, not before', () => {
	const said = listen([...ROOM, ...times(300, ...SPEECH)]);
	expect(said).toHaveLength(3);
	for (let i = 1; i < said.length; i++)
		expect((said[i] ?? 0) - (said[i - 1] ?? 0)).toBeGreaterThanOrEqual(60_000);
});

test.each([
	['a quiet room', times(600, -62, -58)],
	['exact silence: the system itself has muted it', times(600, -Infinity)],
	['silence after speech, with single cracks', times(60, ...times(9, -Infinity), -10)],
	['a key or a cough now and then', times(60, -12, -30, -60, -60, -60, -60, -60, -60, -60, -60)],
	['a loud fan', times(600, -34, -33)],
	['a fan that comes closer', Array.from({ length: 600 }, (_, index) => Math.min(-60 + index * 0.2, -30))],
	['somebody soft, far away', [...ROOM, ...times(60, -50, -48, -52)]]
])('nothing is said of %s', (_title, looks) => {
	expect(listen(looks)).toEqual([]);
});

test('levels are those of the ear', () => {
	expect(loudnessDb(new Float32Array(64))).toBe(-Infinity);
	expect(loudnessDb(new Float32Array(64).fill(1))).toBe(0);
	expect(loudnessDb(new Float32Array(64).fill(0.1))).toBeCloseTo(-20);
	expect([-Infinity, -60, -35, -10, 0].map(levelOf)).toEqual([0, 0, 50, 100, 100]);
});
