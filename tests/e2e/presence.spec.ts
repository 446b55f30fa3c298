import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { ask, openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Ann looks. */
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Workshop');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** Bob's line in the list of members. */
const bobs = (page: Page) =>
	page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: 'Bob' });

/** By design it takes ten seconds at most until others read it. */
const READ_WITHIN = { timeout: 15_000 };

test('who is there is online; who closes their page is offline within seconds', async () => {
	await expect(bobs(ann.page)).toContainText('Online', READ_WITHIN);
	expect((await new AxeBuilder({ page: ann.page }).setLegacyMode().analyze()).violations).toEqual([]);
	await bob.page.goto('about:blank');
	await expect(bobs(ann.page)).toContainText('Last seen just now', READ_WITHIN);
});

test('a direct room says under its name how the other is to be found', async () => {
	const room = await ask<{ id: string }>(ann.page, 'rooms.openDirect', { username: bob.username });
	await ann.page.goto(`/rooms/${room.id}`);
	await expect(ann.page.getByRole('heading', { name: 'Bob' })).toBeVisible();
	await expect(ann.page.getByText(`Last seen just now · @${bob.username}`)).toBeVisible();
});

test('who calls somebody who is not there reads it; it rings on, and reaches them when they come back, by polls alone', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	const call = callRegion(ann.page);
	await expect(call).toContainText('Bob is offline and may not see this call in time');
	expect((await new AxeBuilder({ page: ann.page }).setLegacyMode().analyze()).violations).toEqual([]);

	const streams: string[] = [];
	bob.page.on('websocket', (socket) => streams.push(socket.url()));
	bob.page.on('request', (request) => {
		if (request.url().includes('/inbox.stream')) streams.push(request.url());
	});
	await bob.page.goto('/?rung=short-poll');
	await accept(bob.page);
	await expect(call.getByRole('timer')).toBeVisible();
	await expect(ann.page.getByText(`In a call · @${bob.username}`)).toBeVisible(READ_WITHIN);

	// In no call any more he is there by what he reads, which is polls.
	await ann.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(ann.page.getByText(`Online · @${bob.username}`)).toBeVisible(READ_WITHIN);
	expect(streams).toEqual([]);
});
