import { expect, type Page } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of three, one of whom has two pages. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem']);
	await shareRoom(ann, [bob, cem], 'Workshop');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

const people = (page: Page) => callRegion(page).getByRole('list', { name: 'Participants' });

async function choose(host: Page, name: string, item: string): Promise<void> {
	await people(host).getByRole('button', { name }).click();
	await host.getByRole('menuitem', { name: item }).click();
}

test('the call moves to another page of the same person, without a ring and without an end', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await accept(cem.page);
	for (const { page } of [ann, bob, cem]) await expect(people(page).getByRole('listitem')).toHaveCount(3);

	const second = await ann.context.newPage();
	await second.goto(ann.page.url());
	await second.getByRole('button', { name: 'Move call here' }).click();
	await expect(people(second)).toContainText('You, host');
	await expect(ann.page.getByText('The call goes on at another device')).toBeVisible();
	await expect(callRegion(ann.page)).toBeHidden();
	await expect(people(bob.page)).toContainText('Ann');

	await ann.page.getByRole('button', { name: 'Move call here' }).click();
	await expect(people(ann.page)).toContainText('Bob');
	await expect(callRegion(second)).toBeHidden();
	await second.close();
	await expect(people(bob.page).getByRole('listitem')).toHaveCount(3);
});

test('who joined second has no say; the host mutes, and who was muted may speak again', async () => {
	await expect(people(bob.page).getByRole('button')).toHaveCount(0);
	await choose(ann.page, 'Bob', 'Mute');
	await expect(bob.page.getByText('The host has muted you')).toBeVisible();
	await bob.page.getByRole('button', { name: 'Unmute microphone' }).click();
	await expect(bob.page.getByRole('button', { name: 'Mute microphone' })).toBeVisible();
	await choose(ann.page, 'Bob', 'Mute');
	await expect(bob.page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
});

test('the host hands over; the new one removes somebody, who cannot come back; the others go on', async () => {
	await choose(ann.page, 'Cem', 'Make host');
	await expect(people(cem.page)).toContainText('You, host');
	await expect(people(ann.page).getByRole('button')).toHaveCount(0);
	await choose(cem.page, 'Bob', 'Remove from call');
	await cem.page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
	await expect(bob.page.getByText('The host has removed you from the call')).toBeVisible();
	await expect(callRegion(bob.page)).toBeHidden();
	await expect(bob.page.getByText('You were removed from this call')).toBeVisible();
	await expect(people(ann.page)).toContainText('Bob, removed');
	await expect(callRegion(ann.page).getByRole('timer')).toBeVisible();

	await cem.page.getByRole('button', { name: 'End call for everyone' }).click();
	for (const { page } of [ann, cem]) await expect(callRegion(page)).toBeHidden();
	await expect(bob.page.getByRole('button', { name: 'Start audio call' })).toBeVisible();
});
