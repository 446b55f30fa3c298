import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { callRegion, incoming, messages, write } from '../fixtures/call-page';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Axe finds nothing on any page, in light and in dark, and no page logs an error. */
let ann: BrowserPerson;
let bob: BrowserPerson;
const logged: string[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	for (const { page, name } of [ann, bob]) {
		page.on('console', (message) => {
			const { url } = message.location();
			// A call may end while a page says that it is still in it, and a browser logs each refusal by itself.
			const isTooLate = url.endsWith('/trpc/calls.renew') && message.text().includes('409');
			if (message.type() === 'error' && !isTooLate) logged.push(`${name}: ${message.text()} ${url}`);
		});
		page.on('pageerror', (error) => logged.push(`${name}: ${error.message}`));
		await page.emulateMedia({ reducedMotion: 'reduce' });
	}
	await shareRoom(ann, bob, 'Garden');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** A colour on its way to another is neither: axe looks when every transition and animation has ended. */
async function settled(page: Page): Promise<void> {
	await page.evaluate(
		() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
	);
	await page.waitForFunction(() =>
		document
			.getAnimations()
			.every((one) => one.playState === 'finished' || one.effect?.getComputedTiming().iterations === Infinity)
	);
}

async function expectAccessible(page: Page): Promise<void> {
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme });
		await settled(page);
		const axe = new AxeBuilder({ page }).setLegacyMode();
		// What a page is made of is the same in the dark.
		if (colorScheme === 'dark') axe.withRules(['color-contrast']);
		const { violations } = await axe.analyze();
		const found = violations.map(
			({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.html).join(' ')}`
		);
		expect(found).toEqual([]);
	}
}

test('a room with messages', async () => {
	await write(ann.page, 'Good morning');
	await expect(messages(bob.page)).toContainText('Good morning');
	await expectAccessible(bob.page);
});

test('an incoming call, an outgoing call, and the call with its status panel', async () => {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await expect(incoming(bob.page)).toBeVisible();
	await Promise.all([expectAccessible(bob.page), expectAccessible(ann.page)]);
	// By keyboard alone: focus is in the dialog, and Tab reaches its buttons.
	for (let tabs = 0; tabs < 6; tabs++) {
		if (
			await bob.page
				.getByRole('button', { name: 'Accept', exact: true })
				.evaluate((node) => node === document.activeElement)
		)
			break;
		await bob.page.keyboard.press('Tab');
	}
	await bob.page.keyboard.press('Enter');
	await expect(bob.page.getByRole('timer')).toBeVisible();
	await expect(callRegion(bob.page)).toBeFocused();
	await bob.page.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
	await expect(bob.page.getByRole('region', { name: 'Call status' })).toContainText('connected');
	await bob.page.getByRole('toolbar').getByRole('button', { name: 'React' }).click();
	await bob.page.getByRole('button', { name: 'Applause' }).click();
	await expectAccessible(bob.page);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(ann.page.getByRole('timer')).toBeHidden();
});

for (const path of ['/', '/calls', '/calls?filter=missed', '/settings'] as const) {
	test(path, async () => {
		await ann.page.goto(path);
		await expect(ann.page.getByRole('heading', { level: 1 })).toBeVisible();
		await expectAccessible(ann.page);
	});
}

test('the details of a call, and the question before it is deleted', async () => {
	await ann.page.goto('/calls');
	await ann.page.getByRole('link', { name: 'Details of the call in Garden' }).first().click();
	await expect(ann.page.getByRole('heading', { name: 'What happened' })).toBeVisible();
	await expect(ann.page.getByRole('region', { name: 'How it was' })).toContainText('You and Bob');
	await expectAccessible(ann.page);
	await ann.page.getByRole('button', { name: 'Delete from my history' }).click();
	await expect(ann.page.getByRole('alertdialog')).toBeVisible();
	await expectAccessible(ann.page);
	await ann.page.getByRole('button', { name: 'Keep' }).click();
});

test('do not disturb, as a question and turned on', async () => {
	await ann.page.getByRole('button', { name: 'Account menu' }).first().click();
	await ann.page.getByRole('menuitem', { name: 'Do not disturb' }).click();
	await expect(ann.page.getByRole('dialog', { name: 'Do not disturb' })).toBeVisible();
	await expectAccessible(ann.page);
	await ann.page.getByRole('button', { name: 'Turn on' }).click();
	await expect(ann.page.getByRole('button', { name: 'Account menu' })).toContainText('Quiet until');
	await expectAccessible(ann.page);
});

test('signing out and in', async () => {
	// On a slow network the session is over well before the page is: nothing that it holds open may run into that.
	await ann.page.route('**/sign-out', async (route) => {
		const response = await route.fetch({ maxRedirects: 0 });
		await new Promise((resolve) => setTimeout(resolve, 500));
		await route.fulfill({ response });
	});
	await ann.page.getByRole('button', { name: 'Account menu' }).first().click();
	await ann.page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(ann.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
	await expectAccessible(ann.page);
	await ann.page.goto('/register');
	await expectAccessible(ann.page);
});

test('no page logged an error', () => {
	expect(logged).toEqual([]);
});
