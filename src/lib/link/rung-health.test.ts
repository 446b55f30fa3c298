import { expect, test } from 'vitest';
import { pickMs, PROBE_CAP_MS } from './backoff';
import {
	afterLoss,
	afterRefusal,
	isLeftAlone,
	LEAVE_ALONE_CAP_MS,
	LEAVE_ALONE_MS,
	nextProbe,
	SOUND_AFTER_MS,
	UNTRIED,
	type RungHealth
} from './rung-health';

const latestMs = (health: RungHealth) => pickMs(nextProbe(health), 1);
const earliestMs = (health: RungHealth) => pickMs(nextProbe(health), 0);

test('a refused rung is probed more and more rarely, and at least every 30 s', () => {
	let health = UNTRIED;
	let before = 0;
	for (let i = 0; i < 40; i += 1) {
		health = afterRefusal(health);
		expect(latestMs(health)).toBeGreaterThanOrEqual(before);
		expect(latestMs(health)).toBeLessThanOrEqual(PROBE_CAP_MS);
		before = latestMs(health);
	}
	expect(before).toBe(PROBE_CAP_MS);
	expect(isLeftAlone(health)).toBe(false);
});

test('a rung lost twice within a minute is left alone for longer each time, up to a bound', () => {
	const once = afterLoss(UNTRIED, 1_000);
	expect(latestMs(once)).toBeLessThan(2_000);
	let health = once;
	let before = 0;
	for (let i = 0; i < 10; i += 1) {
		health = afterLoss(health, 1_000);
		expect(isLeftAlone(health)).toBe(true);
		expect(earliestMs(health)).toBeGreaterThanOrEqual(Math.max(before, LEAVE_ALONE_MS));
		before = earliestMs(health);
	}
	expect(before).toBe(LEAVE_ALONE_CAP_MS);
});

test('a sound minute clears the record', () => {
	const bad = afterLoss(afterLoss(UNTRIED, 0), 0);
	expect(isLeftAlone(afterLoss(bad, SOUND_AFTER_MS))).toBe(false);
});
