import { expect, type Page, type Worker } from '@playwright/test';
import { callRegion, forgetTones, heard, incoming } from '../fixtures/call-page';
import { notificationTray } from '../fixtures/notification-tray';
import { openRoom, received, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

const END_HERTZ = [392, 294];

declare global {
	interface Window {
		/** How often the page has put a notification up. */
		shown: number;
	}
}

/**
 * Bob's pages are behind others: a call reaches him by a system notification, real but for its pixels and the press.
 */
let ann: BrowserPerson;
let bob: BrowserPerson;
let other: Page;
let worker: Worker;
let roomPath: string;
const logged: string[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
	roomPath = new URL(bob.page.url()).pathname;
	bob.context.on('console', (message) => {
		// Chromium logs each refusal, also of what a page says of a call that ended in that moment: no error of the page's.
		const isTooLate = message.text().includes('the server responded with a status of 409');
		if (message.type() === 'error' && !isTooLate) logged.push(`${message.text()} ${message.location().url}`);
	});
	bob.context.on('weberror', (error) => logged.push(error.error().message));
	const started = bob.context.waitForEvent('serviceworker');
	await bob.context.grantPermissions(['notifications'], { origin: server.url });
	worker = await started;
	other = await bob.context.newPage();
	await putBehind(bob.page);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** Playwright tells each of its pages that it has the focus: here the browser says it again. */
async function putBehind(page: Page): Promise<void> {
	const devTools = await page.context().newCDPSession(page);
	await devTools.send('Emulation.setFocusEmulationEnabled', { enabled: false });
	await page.bringToFront();
	await other.bringToFront();
	await expect.poll(() => page.evaluate(() => document.hasFocus())).toBe(false);
}

const notifications = () => notificationTray.list(worker);
const expectNotified = (times: number) => expect.poll(async () => (await notifications()).length).toBe(times);
const press = (action: string) => notificationTray.press(worker, action);
const leaveOver = (data?: { callId: string; roomId: string }) => notificationTray.leave(worker, data);

const call = (kind: 'audio' | 'video') =>
	ann.page.getByRole('button', { name: `Start ${kind} call` }).click();

test('Accept in the notification answers, without a camera; who is left hears the end, once', async () => {
	await call('video');
	await expectNotified(1);
	const [shown] = await notifications();
	const { callId } = shown?.data ?? {};
	expect(shown).toEqual({
		title: 'Ann',
		body: 'Video call',
		tag: callId,
		silent: true,
		renotify: false,
		requireInteraction: true,
		actions: ['accept: Accept', 'decline: Decline'],
		data: { callId, roomId: roomPath.split('/').at(-1) }
	});
	await press('accept');
	await expect(ann.page.getByRole('timer')).toBeVisible();
	await expect(callRegion(bob.page).getByRole('button', { name: 'Turn camera on' })).toBeVisible();
	await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(0);
	await expectNotified(0);

	for (const { page } of [ann, bob]) await forgetTones(page);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect.poll(() => heard(ann.page)).toEqual(END_HERTZ);
	expect(await heard(bob.page)).toEqual([]);
});

test('Decline in the notification declines', async () => {
	await putBehind(bob.page); // whoever presses a button in a page has it in front
	await call('audio');
	await expectNotified(1);
	expect((await notifications())[0]?.body).toBe('Audio call');
	await forgetTones(ann.page);
	await press('decline');
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
	await expectNotified(0);
	await expect.poll(() => heard(ann.page)).toEqual(END_HERTZ);
});

test('a call that is cancelled takes its notification away, and who cancelled hears nothing', async () => {
	await call('audio');
	await expectNotified(1);
	await forgetTones(ann.page);
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expectNotified(0);
	await expect(bob.page.getByText('Missed call from Ann')).toBeVisible();
	expect(await heard(ann.page)).toEqual([]);
});

test('two tabs show one; it goes when one of them comes to the front', async () => {
	const second = await bob.context.newPage();
	await second.goto('/settings');
	await putBehind(second);
	for (const page of [bob.page, second]) {
		await page.evaluate(() => {
			window.shown = 0;
			const show = ServiceWorkerRegistration.prototype.showNotification;
			ServiceWorkerRegistration.prototype.showNotification = function (...what) {
				window.shown += 1;
				return show.apply(this, what);
			};
		});
	}
	const shown = () =>
		Promise.all([bob.page, second].map((page) => page.evaluate(() => window.shown))).then(
			([one = 0, two = 0]) => one + two
		);
	await call('audio');
	for (const page of [bob.page, second]) await expect(incoming(page)).toBeAttached();
	await expectNotified(1);
	expect(await shown()).toBe(1);
	await second.bringToFront();
	await expectNotified(0);
	await other.bringToFront();
	await expectNotified(1);
	expect(await shown()).toBe(2);
	await press(''); // no answer: it goes on ringing
	await expectNotified(0);
	await expect(incoming(bob.page)).toBeAttached();
	await second.close();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(incoming(bob.page)).toBeHidden();
	await expectNotified(0);
});

test('turned off in the settings, a call shows in the page only', async () => {
	await bob.page.goto('/settings');
	const wish = bob.page.getByRole('checkbox', { name: 'Tell me about calls when Parley is not in front' });
	await wish.uncheck();
	await bob.page.reload();
	await expect(wish).not.toBeChecked();
	await putBehind(bob.page);
	await call('audio');
	await expect(incoming(bob.page)).toBeAttached();
	// Nothing shows, and nothing is about to: the page does not queue for its turn to show something.
	// Who waits for it does so for as long as it rings; the page of before may let go of it late.
	const wishes = async () => {
		const { held, pending } = await bob.page.evaluate(() => navigator.locks.query());
		return [...(held ?? []), ...(pending ?? [])].map(({ name }) => name);
	};
	await expect.poll(wishes).not.toContain('parley.front');
	await expectNotified(0);
	await bob.page.evaluate(() => localStorage.removeItem('parley.reached'));
	await bob.page.reload();
	await putBehind(bob.page);
	await expectNotified(1);
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expectNotified(0);
});

test('without a page one is opened, and answers once; an address alone answers nothing', async () => {
	await call('audio');
	await expectNotified(1);
	const [shown] = await notifications();
	await bob.page.close();
	await expectNotified(0);
	const answering = `${roomPath}?answer=${shown?.data.callId}`;

	const lured = await bob.context.newPage();
	await lured.goto(answering);
	await expect(incoming(lured)).toBeVisible();
	await expect(lured).toHaveURL(roomPath);
	await lured.close();

	await leaveOver(shown?.data);
	expect(await press('accept')).toEqual([answering]);
	bob.page = await bob.context.newPage();
	await bob.page.goto(answering);
	await expect(ann.page.getByRole('timer')).toBeVisible();
	await expect(callRegion(bob.page)).toBeVisible();
	await expect(bob.page).toHaveURL(roomPath);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
});

test('declined without a page, the call is declined', async () => {
	await putBehind(bob.page);
	await call('audio');
	await expectNotified(1);
	const [shown] = await notifications();
	await bob.page.close();
	await leaveOver(shown?.data);
	await press('decline');
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
});

test('no page logged an error', () => {
	expect(logged).toEqual([]);
});
