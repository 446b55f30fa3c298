import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of three, one of whom has two pages. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openRoom(server.url, browser, ['Ann', 'Bob', 'Cem'], 'Workshop');
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

const hand = (page: Page, name: 'Raise hand' | 'Lower hand') =>
	callRegion(page).getByRole('toolbar').getByRole('button', { name, exact: true });
/** Everything in the call that says so: tiles, and who takes part. */
const raised = (page: Page, words: string) => callRegion(page).getByText(`, hand raised, ${words}`);
const inOrder = (page: Page) => callRegion(page).getByText(/^Hands? raised: /);

test('raised hands stand in their order for everybody, through a reload, and go with who leaves', async () => {
	await bob.page.keyboard.press('h');
	await expect(hand(bob.page, 'Lower hand')).toBeVisible();
	await expect(callRegion(ann.page).getByText('Bob raised their hand.')).toBeAttached();
	await expect(raised(ann.page, '1st')).toHaveText([', hand raised, 1st', ', hand raised, 1st']);
	await hand(cem.page, 'Raise hand').click();
	await expect(inOrder(bob.page)).toHaveText('Hands raised: you, Cem');

	await cem.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(inOrder(bob.page)).toHaveText('Hand raised: you');
	await bob.page.reload();
	await expect(hand(bob.page, 'Lower hand')).toBeVisible();
	await cem.page.getByRole('button', { name: 'Join call' }).click();
	await expect(inOrder(cem.page)).toHaveText('Hand raised: Bob');
	await hand(cem.page, 'Raise hand').click();
	await expect(callRegion(bob.page).getByText('Cem raised their hand.')).toBeAttached();
	await expect(people(ann.page).getByRole('listitem')).toContainText([
		'You, host',
		'Bob, hand raised, 1st',
		'Cem, hand raised, 2nd'
	]);
	expect((await new AxeBuilder({ page: ann.page }).setLegacyMode().analyze()).violations).toEqual([]);
});

test('the host lowers somebody’s hand, and by keyboard all of them', async () => {
	await expect(people(bob.page).getByRole('button')).toHaveCount(0);
	await choose(ann.page, 'Bob', "Lower Bob's hand");
	await expect(hand(bob.page, 'Raise hand')).toBeVisible();
	await expect(callRegion(bob.page).getByText('Your hand is down.')).toBeAttached();
	await expect(inOrder(bob.page)).toHaveText('Hand raised: Cem');
	await hand(ann.page, 'Raise hand').click();
	await ann.page.getByRole('button', { name: 'Hands raised: Cem, you' }).press('Enter');
	await expect(ann.page.getByRole('menuitem')).toHaveText(["Lower Cem's hand", 'Lower all hands']);
	await ann.page.keyboard.press('End');
	await ann.page.keyboard.press('Enter');
	await expect(hand(ann.page, 'Raise hand')).toBeVisible();
	await expect(hand(cem.page, 'Raise hand')).toBeVisible();
	await expect(callRegion(ann.page)).toBeFocused();
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
