import { expect, type Page } from '@playwright/test';
import { callRegion, incoming } from '../fixtures/call-page';
import { expectMediaAmong } from '../fixtures/media-among';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of as many devices as a call may have. One of them is seen: two cores carry no more. */
let people: BrowserPerson[];
let fay: BrowserPerson;
let rest: BrowserPerson[];

// Fifteen connections are made at once. A machine that is slow at it is no failure.
test.describe.configure({ mode: 'serial', timeout: 150_000 });
test.beforeAll(async ({ server, browser }) => {
	people = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem', 'Dan', 'Eve', 'Fay']);
	fay = people.at(-1)!;
	rest = people.slice(0, -1);
	// Small pages, which draw less.
	for (const { page } of people) await page.setViewportSize({ width: 900, height: 600 });
	// She comes back by "Join call", which would turn her camera on.
	await fay.page.evaluate(() => localStorage.setItem('parley.equipment', '{"joinWithCamera":false}'));
	await shareRoom(people[0]!, people.slice(1), 'Choir');
});
test.afterAll(async () => {
	await Promise.all((people ?? []).map((one) => one.close()));
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** How many connections this page has opened since it was loaded, and how many of them stand. */
const connections = (page: Page) =>
	page.evaluate(() => ({
		opened: window.observed.peers.length,
		stand: window.observed.peers.filter(({ connectionState }) => connectionState === 'connected').length
	}));

/** So many stand with each of them, and so many others are on their stage. */
async function expectConnections(those: readonly BrowserPerson[], stand: number): Promise<void> {
	for (const { name, page } of those) {
		await expect
			.poll(async () => (await connections(page)).stand, {
				message: `connections of ${name}`,
				timeout: 60_000
			})
			.toBe(stand);
		await expect(callRegion(page).getByLabel(/'s video$/)).toHaveCount(stand);
	}
}

test('six are connected each with each, hear each other, and all see the one camera that is on', async () => {
	const [ann, ...others] = people as [BrowserPerson, ...BrowserPerson[]];
	await press(ann.page, 'Start video call');
	for (const { page } of others) {
		await incoming(page).getByRole('button', { name: 'Accept without video' }).click();
	}
	await expectConnections(people, 5);
	await expectMediaAmong(people, ['Ann']);
	for (const { page } of others) {
		await expect(callRegion(page).getByLabel("Ann's video")).toBeVisible();
		await expect(callRegion(page).locator('video:visible')).toHaveCount(1);
	}
});

// Of three it is seen each time.
(process.env.LONG ? test : test.skip)(
	'one leaves and comes back, and the others go on over the connections that they have',
	async () => {
		// Whatever the first exchange needed of them is done by now.
		const before = await Promise.all(rest.map(({ page }) => connections(page)));
		await press(fay.page, 'Leave call');
		await expectConnections(rest, 4);
		await expectMediaAmong(rest, ['Ann']);
		await press(fay.page, 'Join call');
		await expectConnections(people, 5);
		await expectMediaAmong(people, ['Ann']);
		for (const [index, { name, page }] of rest.entries()) {
			expect((await connections(page)).opened, name).toBe(before[index]!.opened + 1);
		}
	}
);
