import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { accept, callRegion, decline, incoming, messageBox } from '../fixtures/call-page';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

const WAITING_HERTZ = 440;

let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem']);
	await shareRoom(cem, bob, 'Garden');
	await shareRoom(ann, bob, 'Kitchen');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

const participants = (page: Page) => callRegion(page).getByRole('list', { name: 'Participants' });

async function talk(): Promise<void> {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await expect(callRegion(ann.page).getByRole('timer')).toBeVisible();
	await expect(callRegion(bob.page).getByRole('timer')).toBeVisible();
}

test('who calls somebody in a call waits beside it; declined, that call goes on', async () => {
	await talk();
	await messageBox(bob.page).focus();
	await cem.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(incoming(bob.page)).toContainText('Cem is calling');
	expect((await new AxeBuilder({ page: bob.page }).setLegacyMode().analyze()).violations).toEqual([]);
	// Nothing is covered, and who is typing goes on.
	await expect(messageBox(bob.page)).toBeFocused();
	await bob.page.getByRole('button', { name: 'Mute microphone' }).click();
	await expect(bob.page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
	await expect
		.poll(() => bob.page.evaluate((hertz) => window.observed.tones.includes(hertz), WAITING_HERTZ))
		.toBe(true);

	await decline(bob.page);
	await expect(incoming(bob.page)).toBeHidden();
	await expect(cem.page.getByText('Bob declined')).toBeVisible();
	await expect(participants(bob.page)).toContainText('Ann');
});

test('leave and join: the one call ends, the other begins', async () => {
	await cem.page.getByRole('button', { name: 'Start audio call' }).click();
	await incoming(bob.page).getByRole('button', { name: 'Leave and join' }).click();
	await expect(participants(bob.page)).toContainText('Cem');
	await expect(callRegion(cem.page).getByRole('timer')).toBeVisible();
	await expect(ann.page.getByText('Call ended')).toBeVisible();
	await expect(callRegion(ann.page)).toBeHidden();
});

test('who signs out in a call leaves it', async () => {
	await bob.page.getByRole('button', { name: 'Account menu' }).first().click();
	await bob.page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(bob.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
	await expect(cem.page.getByText('Call ended')).toBeVisible();
	await expect(callRegion(cem.page)).toBeHidden();
});
