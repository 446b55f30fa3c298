import { expect, type Page } from '@playwright/test';
import { accept, callRegion, decline, incoming } from '../fixtures/call-page';
import { expectMedia, openPerson, openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Two people in three browsers: Bob has two, one of them a program of its own. What happens on one is said on the other. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let phone: Page;
let closePhone: () => Promise<void>;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Terrace');
	const device = await openPerson(server.url, 'Bob', { account: bob });
	({ page: phone, close: closePhone } = device);
	await phone.goto(bob.page.url());
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), closePhone?.()]);
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click();
const toldOf = (page: Page, text: string | RegExp) => expect(page.getByText(text).first()).toBeVisible();

test('answered on the one, said on the other; moved there, reloaded, and ended by who called', async () => {
	await press(ann.page, 'Start video call');
	for (const page of [bob.page, phone]) await expect(incoming(page)).toContainText('Ann');
	await accept(phone);
	await toldOf(bob.page, 'Answered on another device');
	await expect(incoming(bob.page)).toBeHidden();
	await Promise.all([expectMedia(ann.page), expectMedia(phone)]);

	await press(bob.page, 'Move call here');
	await toldOf(phone, 'The call goes on at another device');
	await expect(callRegion(phone)).toBeHidden();
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);

	await bob.page.reload();
	await expect(callRegion(bob.page)).toBeVisible();
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await expect(phone.getByRole('button', { name: 'Move call here' })).toBeVisible();

	await press(ann.page, 'Leave call');
	await toldOf(bob.page, 'Call ended');
	for (const page of [ann.page, bob.page]) await expect(callRegion(page)).toBeHidden();
	for (const page of [ann.page, bob.page, phone]) {
		await expect(page.getByRole('button', { name: 'Start video call' })).toBeEnabled();
	}
});

test('declined on the one: the other is quiet and says so, and who called is told', async () => {
	await press(ann.page, 'Start audio call');
	for (const page of [bob.page, phone]) await expect(incoming(page)).toBeVisible();
	await decline(bob.page);
	await toldOf(phone, 'Declined on another device');
	await expect(incoming(phone)).toBeHidden();
	await toldOf(ann.page, 'Bob declined');
	await expect(callRegion(ann.page)).toBeHidden();
});

test('cancelled: both have missed it, and looking at it on one clears it on both', async () => {
	await press(ann.page, 'Start audio call');
	for (const page of [bob.page, phone]) await expect(incoming(page)).toBeVisible();
	await press(ann.page, 'Cancel call');
	await toldOf(ann.page, 'Call cancelled');
	const missed = (page: Page) => page.getByRole('link', { name: 'Calls, 1 missed' }).first();
	for (const page of [bob.page, phone]) {
		await toldOf(page, 'Missed call from Ann');
		await expect(incoming(page)).toBeHidden();
		await expect(missed(page)).toBeVisible();
	}
	await missed(phone).click();
	await expect(phone.getByRole('heading', { name: 'Calls' })).toBeVisible();
	for (const page of [bob.page, phone]) await expect(missed(page)).toHaveCount(0);
});
