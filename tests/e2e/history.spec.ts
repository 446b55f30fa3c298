import { expect } from '@playwright/test';
import { accept, decline } from '../fixtures/call-page';
import { openRoom, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await expect(ann.page.getByRole('timer')).toBeVisible();
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await shareRoom(ann, bob, 'Garden');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await decline(bob.page);
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

test('found by its room, with what happened in it, and deleted from one history alone', async () => {
	const { page } = ann;
	const rows = page.getByRole('list', { name: 'All calls' }).getByRole('listitem');
	await page.goto('/calls');
	await expect(rows).toHaveCount(2);
	await page.getByRole('searchbox', { name: 'Search by person or room' }).fill('kitch');
	await page.keyboard.press('Enter');
	await expect(rows).toHaveCount(1);
	await expect(rows).toContainText('Kitchen');
	await page.getByRole('tab', { name: 'Missed' }).click();
	await expect(page.getByText('No such call')).toBeVisible();
	await page.goBack();

	await page.getByRole('link', { name: 'Details of the call in Kitchen' }).click();
	await expect(page.getByRole('heading', { name: 'Kitchen' })).toBeVisible();
	const happened = page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
	await expect(happened.first()).toContainText('You called');
	await expect(happened.nth(1)).toContainText('Bob joined');
	await expect(happened.last()).toContainText('The call ended');

	await page.getByRole('button', { name: 'Delete from my history' }).click();
	await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
	await expect(page.getByRole('heading', { name: 'Calls' })).toBeVisible();
	await expect(rows).toHaveCount(1);
	await expect(rows).toContainText('Garden');

	await bob.page.goto('/calls');
	await expect(bob.page.getByRole('list', { name: 'All calls' }).getByRole('listitem')).toHaveCount(2);
});

test('call back from the details', async () => {
	await bob.page.goto('/calls');
	await bob.page.getByRole('link', { name: 'Details of the call in Garden' }).click();
	await expect(bob.page.getByRole('heading', { name: 'Garden' })).toBeVisible();
	await bob.page.getByRole('button', { name: 'Call back' }).click();
	await decline(ann.page);
	await expect(bob.page.getByText('Ann declined')).toBeVisible();
});
