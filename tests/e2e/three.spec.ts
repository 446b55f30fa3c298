import { expect, type Page } from '@playwright/test';
import { accept, callRegion, messages, react, reaction, write } from '../fixtures/call-page';
import { expectMediaAmong } from '../fixtures/media-among';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of three, all by video. */
let people: BrowserPerson[];

test.beforeAll(async ({ server, browser }) => {
	people = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem']);
});
test.afterAll(async () => {
	await Promise.all((people ?? []).map((one) => one.close()));
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test('three by video: each receives the pictures and the sound of both others', async () => {
	const [ann, bob, cem] = people as [BrowserPerson, BrowserPerson, BrowserPerson];
	await shareRoom(ann, [bob, cem], 'Trio');
	await press(ann.page, 'Start video call');
	await accept(bob.page);
	await accept(cem.page);
	await expectMediaAmong([ann, bob, cem], ['Ann', 'Bob', 'Cem']);
	await Promise.all([
		expect(reaction(bob.page, 'You react with applause')).toHaveText(/3/),
		...[ann, cem].flatMap(({ page }) => [
			expect(reaction(page, 'Bob reacts with applause')).toHaveText(/3/),
			expect(callRegion(page).getByText('Bob reacts with applause')).toHaveCount(1)
		]),
		react(bob.page, 'Applause', 3)
	]);
	await write(cem.page, 'Bravo!');
	for (const { page } of [ann, bob, cem]) await expect(messages(page).getByText('Bravo!')).toHaveCount(1);
	await expect(reaction(ann.page, 'Bob reacts with applause')).toHaveCount(0);
	await press(ann.page, 'End call for everyone');
	for (const { page } of [ann, bob, cem]) await expect(callRegion(page)).toBeHidden();
});
