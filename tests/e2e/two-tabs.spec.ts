import { expect, type Page } from '@playwright/test';
import { accept, callRegion, decline, forgetTones, incoming } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

const RING_HERTZ = 659;

/** Two tabs are two devices: both ring, one of them aloud, and what one does settles the other. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let second: Page;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
	second = await bob.context.newPage();
	await second.goto('/settings');
	// Browsers allow sound after a gesture.
	for (const page of [bob.page, second]) await page.locator('body').click({ position: { x: 5, y: 5 } });
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

const rings = (page: Page) => page.evaluate((hertz) => window.observed.tones.includes(hertz), RING_HERTZ);

test('both tabs ring and one is heard; declined on the other, both are quiet', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	for (const page of [bob.page, second]) await expect(incoming(page)).toContainText('Ann');
	await expect.poll(async () => [await rings(bob.page), await rings(second)].filter(Boolean).length).toBe(1);
	for (const page of [bob.page, second]) await expect(page).toHaveTitle('Ann is calling · Parley');
	const [loud, quiet] = (await rings(bob.page)) ? [bob.page, second] : [second, bob.page];
	await loud.waitForFunction(
		(hertz) => window.observed.tones.filter((one) => one === hertz).length > 2,
		RING_HERTZ
	);
	expect(await rings(quiet)).toBe(false);

	await decline(quiet);
	for (const page of [bob.page, second]) await expect(incoming(page)).toBeHidden();
	await expect(loud.getByText('Declined on another device')).toBeVisible();
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
});

test('who missed a call sees it on every tab, until they have looked', async () => {
	const icons = (page: Page) => page.locator('link[rel="icon"]').getAttribute('href');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(incoming(second)).toBeVisible();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(second).toHaveTitle('(1) Settings · Parley');
	await expect(bob.page).toHaveTitle('(1) Kitchen · Parley');
	expect(await icons(second)).toBe('/favicon-badge.svg');
	await second.goto('/calls');
	for (const page of [bob.page, second]) await expect(page).not.toHaveTitle(/\(1\)/);
	await expect.poll(() => icons(bob.page)).toBe('/favicon.svg');
	await second.goto('/settings');
	await second.locator('body').click({ position: { x: 5, y: 5 } });
});

test('the tab that is heard is closed: the other one is', async () => {
	for (const page of [bob.page, second]) await forgetTones(page);
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect.poll(async () => [await rings(bob.page), await rings(second)].filter(Boolean).length).toBe(1);
	const [loud, quiet] = (await rings(bob.page)) ? [bob.page, second] : [second, bob.page];
	await loud.close();
	await expect.poll(() => rings(quiet)).toBe(true);
	await accept(quiet);
	await expect(callRegion(quiet)).toBeVisible();
	await quiet.getByRole('button', { name: 'Leave call' }).click();
});
