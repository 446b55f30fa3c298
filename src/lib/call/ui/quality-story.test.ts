import { expect, test } from 'vitest';
import type { CallQuality, QualityStretch } from '../core/call-quality';
import { pairStories, stillComing, type Spell } from './quality-story';
import { pairWords, plotsOf, storyWords } from './quality-words';

const FROM = 1_700_000_000_000;
const PART = 10_000;

const device = (name: string, userId = name) => ({
	deviceId: `${name}'s`,
	userId,
	displayName: name,
	joinedAt: FROM,
	leftAt: null
});

/** @param part the part of the call in which it was measured, from 0 on */
function stretch(by: string, of: string, part: number, over: Partial<QualityStretch> = {}): QualityStretch {
	return {
		deviceId: `${by}'s`,
		peerDeviceId: `${of}'s`,
		from: FROM + part * PART,
		until: FROM + (part + 1) * PART,
		overMs: PART,
		downMs: 0,
		roundTripMs: 20,
		lossInPercent: 0,
		lossOutPercent: 0,
		kbitIn: 500,
		kbitOut: 400,
		framesPerSecond: 25,
		jitterMs: 2,
		path: 'host',
		restarts: 0,
		...over
	};
}

function qualityOf(parts: number, stretches: QualityStretch[], people = ['ann', 'bob']): CallQuality {
	return {
		serverNow: FROM,
		from: FROM,
		until: FROM + parts * PART,
		stretchMs: PART,
		devices: people.map((name) => device(name)),
		stretches
	};
}

const parts = (n: number) => Array.from({ length: n }, (_, part) => part);
const nameOf = (userId: string) => (userId === 'ann' ? 'you' : userId);
const brief = (spell: Spell) => [
	spell.what,
	(spell.from - FROM) / PART,
	(spell.until - FROM) / PART,
	Math.round(spell.value)
];

test('a call in which nothing was amiss has nothing to tell but its numbers', () => {
	const [story, ...others] = pairStories(
		qualityOf(
			3,
			parts(3).flatMap((n) => [stretch('bob', 'ann', n), stretch('ann', 'bob', n)])
		),
		'ann'
	);
	expect(others).toEqual([]);
	expect(story).toMatchObject({
		pair: ['ann', 'bob'],
		level: 'good',
		spells: [],
		restarts: 0,
		relayed: false
	});
	expect(pairWords(story!, nameOf)).toBe('You and bob');
	expect(storyWords(story!, nameOf)).toEqual([
		'Good all the time: a round trip of 20 ms and packet loss of 0.0 % on average.'
	]);
	expect(plotsOf(story!, nameOf).map(({ label }) => label)).toContain('Bitrate from bob to you: 500 kbit/s');
});

test('what was wrong is told once for as long as it lasted, in the direction in which it was', () => {
	const lossy = { lossInPercent: 6 };
	const stretches = parts(12).map((n) =>
		// One good part within is no relief.
		stretch('ann', 'bob', n, n >= 3 && n <= 7 && n !== 5 ? lossy : {})
	);
	const [story] = pairStories(qualityOf(12, stretches), 'ann');
	expect(story?.spells.map(brief)).toEqual([['loss-here', 3, 8, 6]]);
	expect(story?.level).toBe('fair');
	expect(storyWords(story!, nameOf)[1]).toMatch(
		/^6\.0 % of the packets from bob to you were lost, from .*\d\d.* to .*\d\d.*\.$/
	);
	// Seen by the other one it is the other direction.
	const [theirs] = pairStories(qualityOf(12, stretches), 'bob');
	expect(theirs?.pair).toEqual(['bob', 'ann']);
	expect(theirs?.spells.map(({ what }) => what)).toEqual(['loss-there']);
});

test('who said nothing is spoken for by the other end', () => {
	const stretches = parts(2).map((n) => stretch('bob', 'ann', n, { lossOutPercent: 20, kbitOut: 70 }));
	const [story] = pairStories(qualityOf(2, stretches), 'ann');
	expect(story?.series.lossHere).toEqual([20, 20]);
	expect(story?.series.kbitHere).toEqual([70, 70]);
	expect(story?.series.framesHere).toEqual([null, null]);
	expect(story?.level).toBe('poor');
	expect(storyWords(story!, nameOf)[1]).toBe('20 % of the packets from bob to you were lost, all the time.');
	expect(plotsOf(story!, nameOf).some(({ label }) => label.startsWith('Frames from bob'))).toBe(false);
});

test('delay, jerky pictures, an interruption, restarts and a relay are told', () => {
	const stretches = [
		stretch('ann', 'bob', 0, { roundTripMs: 900 }),
		stretch('ann', 'bob', 1),
		stretch('ann', 'bob', 2),
		stretch('ann', 'bob', 3, { framesPerSecond: 3, path: 'relay' }),
		stretch('ann', 'bob', 4),
		stretch('ann', 'bob', 5, { downMs: 4_000, restarts: 2 }),
		stretch('ann', 'bob', 6, { downMs: 3_000, restarts: 2 })
	];
	const [story] = pairStories(qualityOf(7, stretches), 'ann');
	expect(story?.spells.map(brief)).toEqual([
		['delay', 0, 1, 514],
		['frames-here', 3, 4, 3],
		['down', 5, 7, 7_000]
	]);
	expect(story?.level).toBe('poor');
	const words = storyWords(story!, nameOf).join(' ');
	expect(words).toContain('Voices came about 514 ms late, from');
	expect(words).toContain('The picture from bob to you was jerky, with 3 frames a second, from');
	expect(words).toContain('There was no connection for 7 s, from');
	expect(words).toContain('A new network path was looked for twice.');
	expect(words).toContain('Media went by way of a relay.');
});

test('one’s own pairs come first, and pairs of which nothing is known are left out', () => {
	const quality = qualityOf(1, [stretch('cem', 'bob', 0), stretch('ann', 'cem', 0)], ['bob', 'cem', 'ann']);
	expect(pairStories(quality, 'ann').map(({ pair }) => pair.join('+'))).toEqual(['ann+cem', 'bob+cem']);
	expect(pairStories(qualityOf(1, []), 'ann')).toEqual([]);
});

test('a person who reloaded is one person', () => {
	const quality = qualityOf(2, [stretch('ann', 'bob', 0), stretch('ann', 'bob again', 1)]);
	const devices = [...quality.devices, device('bob again', 'bob')];
	const stories = pairStories({ ...quality, devices }, 'ann');
	expect(stories.map(({ pair }) => pair)).toEqual([['ann', 'bob']]);
	expect(stories[0]?.series.roundTripMs).toEqual([20, 20]);
});

test('more is waited for while a device that was there has not said its last, for a minute', () => {
	const both = (n: number) => [stretch('ann', 'bob', n), stretch('bob', 'ann', n)];
	const after = (ms: number, stretches: QualityStretch[]) => {
		const quality = qualityOf(6, stretches);
		return stillComing({ ...quality, serverNow: quality.until + ms });
	};
	expect(after(1_000, [stretch('ann', 'bob', 5)])).toBe(true);
	expect(after(1_000, [...both(0), stretch('ann', 'bob', 5)])).toBe(true);
	expect(after(1_000, both(5))).toBe(false);
	expect(after(61_000, [])).toBe(false);
});
