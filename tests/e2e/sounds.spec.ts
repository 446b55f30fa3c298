import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { heard } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Notes that only the one ring tone has, or the other. */
const CHIMES_HERTZ = 659;
const CHIMES_IN_A_ROUND = 2;
const STEPS_HERTZ = 494;

let ann: BrowserPerson;
let bob: BrowserPerson;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
	await bob.page.goto('/settings');
	// Browsers allow sound after a gesture.
	await bob.page.locator('body').click({ position: { x: 5, y: 5 } });
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

const loudness = (page: Page) => page.getByRole('slider', { name: 'Loudness' });
const ringTone = (page: Page, name: string) =>
	page.getByRole('group', { name: 'Ring tone' }).getByRole('radio', { name });

test('chosen by keyboard, played, kept over a reload, and in force in other tabs at once', async () => {
	const second = await bob.context.newPage();
	await second.goto('/settings');
	await expect(loudness(bob.page)).toHaveValue('50');
	await loudness(bob.page).focus();
	await bob.page.keyboard.press('ArrowRight');
	await expect(loudness(second)).toHaveValue('55');
	await bob.page.keyboard.press('End');
	await bob.page.keyboard.press('Tab');
	await expect(ringTone(bob.page, 'Chimes')).toBeFocused();
	await bob.page.keyboard.press('ArrowDown');
	await bob.page.keyboard.press('ArrowDown');
	await expect(ringTone(bob.page, 'Rising notes')).toBeChecked();
	await expect(ringTone(second, 'Rising notes')).toBeChecked();
	await expect(loudness(second)).toHaveValue('100');
	await second.close();

	await bob.page.keyboard.press('Tab');
	await bob.page.keyboard.press('Enter');
	await expect.poll(() => heard(bob.page)).toEqual([392, 494, 587, 784, 587, 784]);

	await bob.page.reload();
	await expect(loudness(bob.page)).toHaveValue('100');
	await expect(ringTone(bob.page, 'Rising notes')).toBeChecked();
});

test('another tone is rung with at once, while it rings', async () => {
	await bob.page.locator('body').click({ position: { x: 5, y: 5 } });
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect.poll(() => heard(bob.page)).toContain(STEPS_HERTZ);
	const second = await bob.context.newPage();
	await second.goto('/settings');
	// The ring stands over the settings here, as it does for who chooses in another tab.
	await second.evaluate(() =>
		localStorage.setItem('parley.reached', '{"loudness":0,"ringTone":"chimes","notify":true}')
	);
	// A second round, so that the old tone would have had its turn too.
	const chimes = async () => (await heard(bob.page)).filter((one) => one === CHIMES_HERTZ).length;
	await expect.poll(chimes).toBeGreaterThan(CHIMES_IN_A_ROUND);
	const tones = await heard(bob.page);
	expect(tones.lastIndexOf(STEPS_HERTZ)).toBeLessThan(tones.indexOf(CHIMES_HERTZ));
	await second.close();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(loudness(bob.page)).toHaveValue('0');
	await expect(loudness(bob.page)).toHaveAttribute('aria-valuetext', 'Silent');
});

test("other people's junk in the storage leaves a page that works", async () => {
	await bob.page.evaluate(() => localStorage.setItem('parley.reached', '{"loudness":"very","ringTone":[]}'));
	await bob.page.reload();
	await expect(loudness(bob.page)).toHaveValue('50');
	await expect(ringTone(bob.page, 'Chimes')).toBeChecked();
	await ringTone(bob.page, 'Telephone').check();
	await bob.page.reload();
	await expect(ringTone(bob.page, 'Telephone')).toBeChecked();
});

test('notifications: not asked, asked by the button, and allowed: in words, as soon as it changes', async ({
	server
}) => {
	const section = ann.page.getByRole('region', { name: 'Notifications' });
	const allow = section.getByRole('button', { name: 'Allow notifications' });
	await ann.page.goto('/settings');
	await expect(section).toContainText('has not been asked yet');
	await expect(section.getByRole('checkbox')).toBeHidden();
	await allow.click();
	await expect(allow).toHaveAttribute('aria-disabled', 'true'); // the browser is asking
	await ann.context.grantPermissions(['notifications'], { origin: server.url });
	await expect(section).toContainText('allows Parley to show notifications');
	await expect(allow).toBeHidden();
	await expect(section.getByRole('checkbox', { name: /^Tell me about calls/ })).toBeChecked();
	// As it was before, `accessibility.spec.ts` has looked at it.
	expect((await new AxeBuilder({ page: ann.page }).setLegacyMode().analyze()).violations).toEqual([]);
});
