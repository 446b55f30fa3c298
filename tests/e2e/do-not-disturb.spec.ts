import { expect } from '@playwright/test';
import { decline, incoming } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

test('who is not to be disturbed hears nothing, and finds a missed call; the caller reads busy', async () => {
	const other = await bob.context.newPage();
	await other.goto('/settings');
	await bob.page.getByRole('button', { name: 'Account menu' }).click();
	await bob.page.getByRole('menuitem', { name: 'Do not disturb' }).click();
	const dialog = bob.page.getByRole('dialog', { name: 'Do not disturb' });
	await dialog.getByRole('radio', { name: '30 minutes' }).check();
	await dialog.getByRole('button', { name: 'Turn on' }).click();
	await expect(dialog).toBeHidden();
	// On all of Bob's pages, also the other tab.
	for (const page of [bob.page, other]) {
		await expect(page.getByRole('button', { name: 'Account menu' })).toContainText('Quiet until');
	}

	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(ann.page.getByText('Bob is busy')).toBeVisible();
	await expect(ann.page.getByRole('button', { name: 'Start audio call' })).toBeEnabled();
	await expect(bob.page.getByRole('link', { name: 'Calls, 1 missed' })).toBeVisible();
	await expect(incoming(bob.page)).toBeHidden();

	await bob.page.getByRole('button', { name: 'Account menu' }).click();
	await bob.page.getByRole('menuitem', { name: 'Do not disturb' }).click();
	await dialog.getByRole('button', { name: 'Turn off' }).click();
	for (const page of [bob.page, other]) {
		await expect(page.getByRole('button', { name: 'Account menu' })).not.toContainText('Quiet until');
	}
	await other.close();
	await ann.page.getByRole('button', { name: 'Call again' }).click();
	await decline(bob.page);
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
});
