import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './negotiations-page';
import { bundle, openScript } from '../fixtures/scripted-page';

/** `SEED=… LONG=1` does the same again, `NEGOTIATIONS=1` the first of them alone. */
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const NEGOTIATIONS = Number(process.env.NEGOTIATIONS ?? (process.env.LONG ? 1_000 : 12));
const AT_ONCE = 8;
/** Chromium keeps closed connections until it collects garbage, and takes 500 in a page. */
const OF_ONE_PAGE = 100;

test(`${NEGOTIATIONS} random negotiations, from both sides at once: all end stable, and both sides receive`, async ({
	page
}) => {
	test.setTimeout(60_000 + NEGOTIATIONS * 1_000);
	const script = await bundle(fileURLToPath(new URL('negotiations-page.ts', import.meta.url)));
	const outcomes: Outcome[] = [];
	for (let done = 0; done < NEGOTIATIONS; done += OF_ONE_PAGE) {
		await openScript(page, script);
		const seeds = Array.from(
			{ length: Math.min(OF_ONE_PAGE, NEGOTIATIONS - done) },
			(_, i) => SEED + 10 * (done + i)
		);
		outcomes.push(
			...(await page.evaluate(([all, atOnce]) => window.negotiateAll(all, atOnce), [seeds, AT_ONCE] as const))
		);
	}
	const sum = (of: 'offers' | 'collisions' | 'restarts') => outcomes.reduce((all, one) => all + one[of], 0);
	const told = `SEED=${SEED}: ${sum('offers')} offers, ${sum('collisions')} collisions, ${sum('restarts')} ICE restarts`;
	test.info().annotations.push({ type: 'negotiations', description: told });
	console.log(told);
	const wrong = outcomes.filter((outcome) => outcome.wrong !== null);
	expect(
		wrong.map((outcome) => `SEED=${outcome.seed} NEGOTIATIONS=1: ${outcome.wrong}`),
		told
	).toEqual([]);
	expect(outcomes).toHaveLength(NEGOTIATIONS);
	// Otherwise nothing was shown.
	expect(sum('collisions'), told).toBeGreaterThan(NEGOTIATIONS / 10);
});
