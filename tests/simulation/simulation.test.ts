import { expect, test } from 'vitest';
import { simulate } from './run';

const STEPS = process.env.LONG ? 100_000_000 : 1_000_000;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 30));

test(`${STEPS} steps of a simulated world`, { timeout: 60_000 + STEPS / 100 }, async () => {
	const begun = performance.now();
	const { steps, worlds, counts } = await simulate(SEED, process.env.SEED ? 1 : STEPS);
	const perMinute = Math.round((steps / (performance.now() - begun)) * 60_000);
	console.log(`${steps} steps in ${worlds} worlds from seed ${SEED}, ${perMinute} a minute`, counts);
	// A world in which nothing happens proves nothing.
	for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
});
