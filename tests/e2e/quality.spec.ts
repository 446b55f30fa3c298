import { expect, type Page } from '@playwright/test';
import type { CallQuality } from '../../src/lib/call/core/call-quality';
import { accept, callRegion } from '../fixtures/call-page';
import { expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

let ann: BrowserPerson;
let bob: BrowserPerson;
let cat: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cat] = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cat']);
	await shareRoom(ann, bob, 'Pantry');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cat?.close()]);
});

const howItWas = (page: Page) => page.getByRole('region', { name: 'How it was' });

/** What the server has of it, in the name of who is signed in there. */
async function qualityOf(page: Page, callId: string): Promise<CallQuality> {
	const input = encodeURIComponent(JSON.stringify({ callId }));
	const response = await page.request.get(`/trpc/calls.quality?input=${input}`);
	expect(response.status()).toBe(200);
	return ((await response.json()) as { result: { data: CallQuality } }).result.data;
}

test('a call of some seconds: its bars while it goes on, its measurements afterwards, to both and to nobody else', async () => {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	// On a loaded machine the pictures may be few: that it says one of the three is what matters here.
	const bars = callRegion(ann.page).getByRole('img', { name: /^Connection of Bob: (good|fair|poor)$/ });
	await expect(bars).toBeVisible({ timeout: 15_000 });
	await ann.page.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
	await expect(ann.page.getByRole('region', { name: 'Call status' })).toContainText(
		/Quality\s*(Good|Fair|Poor)/
	);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(ann.page.getByRole('timer')).toBeHidden();

	await ann.page.getByRole('link', { name: 'Calls' }).first().click();
	await ann.page.getByRole('link', { name: 'Details of the call in Pantry' }).click();
	await expect(ann.page.getByRole('heading', { name: 'Who was there' })).toBeVisible();
	const callId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? '';
	await bob.page.goto(`/calls/${callId}`);
	for (const [page, other] of [
		[ann.page, 'Bob'],
		[bob.page, 'Ann']
	] as const) {
		await expect(howItWas(page)).toContainText(`You and ${other}`);
		await expect(howItWas(page)).toContainText(/a round trip of \d+ ms/);
		for (const label of [
			new RegExp(`^Bitrate from ${other} to you: [1-9]\\d* kbit/s`),
			new RegExp(`^Frames from ${other} to you: \\d+ a second`)
		]) {
			await expect(howItWas(page).getByRole('img', { name: label })).toBeVisible();
		}
	}

	// Each of the two has said how it was, once, and both read the same.
	await expect.poll(async () => (await qualityOf(ann.page, callId)).stretches.length).toBe(2);
	const [annReads, bobReads] = [await qualityOf(ann.page, callId), await qualityOf(bob.page, callId)];
	expect(annReads.stretches).toEqual(bobReads.stretches);
	expect(new Set(annReads.stretches.map(({ deviceId }) => deviceId)).size).toBe(2);
	for (const stretch of annReads.stretches) {
		expect(stretch).toMatchObject({ path: 'host', restarts: 0, roundTripMs: expect.any(Number) });
		expect(stretch.kbitIn).toBeGreaterThan(0);
		expect(stretch.kbitOut).toBeGreaterThan(0);
		expect(stretch.overMs).toBeGreaterThan(1_000);
		expect(stretch.until).toBeLessThanOrEqual(annReads.until + 5_000);
	}

	const response = await cat.page.goto(`/calls/${callId}`);
	expect(response?.status()).toBe(404);
	await expect(howItWas(cat.page)).toBeHidden();
});
