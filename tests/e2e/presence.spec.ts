import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { callRegion, incoming } from '../fixtures/call-page';
import { ask, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Ann looks; Bob's browser can only poll. */
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	await shareRoom(ann, bob, 'Workshop');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** Bob's line in the list of members. */
const bobs = (page: Page) =>
	page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: 'Bob' });

test('who is there is online, with polls alone too; who closes their page is offline within seconds', async () => {
	await bob.page.goto(`${ann.page.url()}?rung=short-poll`);
	await expect(bobs(bob.page)).toContainText('Online');
	await expect(bobs(ann.page)).toContainText('Online', { timeout: 7_000 });
	expect((await new AxeBuilder({ page: ann.page }).analyze()).violations).toEqual([]);
	await bob.page.goto('about:blank');
	await expect(bobs(ann.page)).toContainText('Last seen just now', { timeout: 11_000 });
});

test('a direct room says under its name how the other is to be found', async () => {
	const room = await ask<{ id: string }>(ann.page, 'rooms.openDirect', { username: bob.username });
	await ann.page.goto(`/rooms/${room.id}`);
	await expect(ann.page.getByRole('heading', { name: 'Bob' })).toBeVisible();
	await expect(ann.page.getByText(`Last seen just now · @${bob.username}`)).toBeVisible();
});

test('who calls somebody who is not there reads it; it rings on, and reaches them when they come back', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	const call = callRegion(ann.page);
	await expect(call).toContainText('Bob is offline and may not see this call in time');
	expect((await new AxeBuilder({ page: ann.page }).analyze()).violations).toEqual([]);

	await bob.page.goto('/');
	const ring = incoming(bob.page);
	await expect(ring).toBeVisible();
	await ring.getByRole('button', { name: 'Accept' }).click();
	await expect(call.getByRole('timer')).toBeVisible();
	await expect(ann.page.getByText(`In a call · @${bob.username}`)).toBeVisible();

	await ann.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(ann.page.getByText(`Online · @${bob.username}`)).toBeVisible();
});
