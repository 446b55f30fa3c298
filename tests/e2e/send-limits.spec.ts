import { expect, type Page } from '@playwright/test';
import { accept } from '../fixtures/call-page';
import { expectMedia, openRoom, received, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Large enough for whole pictures, also of two. */
const LARGE = { width: 1900, height: 1300 };
/** The picture of one other is some 190 pixels high. */
const SMALL = { width: 500, height: 360 };

/** What is sent of a camera follows how many see it, how large, and what their networks lose. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;
/** So many percent of the packets between Bob and the others. */
let lose: (packetLoss: number) => Promise<void>;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openRoom(server.url, browser, ['Ann', 'Bob', 'Cem'], 'Studio');
	for (const { page } of [bob, cem]) await page.setViewportSize(LARGE);
	const network = await bob.context.newCDPSession(bob.page);
	await network.send('Network.enable');
	lose = async (packetLoss) => {
		const wire = { offline: false, latency: 1, downloadThroughput: -1, uploadThroughput: -1 };
		await network.send('Network.emulateNetworkConditions', { ...wire, packetLoss, packetQueueLength: 100 });
	};
	// Sockets that are there before the first time know nothing of it.
	await lose(0);
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await expectMedia(bob.page);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

/** What each connection that stands may send of the camera. */
const cameraLimits = (page: Page, key: 'maxBitrate' | 'maxFramerate' | 'active') =>
	page.evaluate((asked) => {
		const standing = window.observed.peers.filter(({ connectionState }) => connectionState === 'connected');
		const senders = standing.flatMap((peer) => peer.getSenders());
		const cameras = senders.filter(({ track }) => track?.kind === 'video');
		return cameras.map((sender) => sender.getParameters().encodings[0]?.[asked]);
	}, key);

/** As if the page were behind another tab: a browser without windows shows all of its pages. */
const setHidden = (page: Page, hidden: boolean) =>
	page.evaluate((now) => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);

test('the more there are, the less goes to each', async () => {
	await expect.poll(() => cameraLimits(ann.page, 'maxBitrate')).toEqual([1_700_000]);
	await accept(cem.page);
	await expect.poll(() => cameraLimits(ann.page, 'maxBitrate')).toEqual([1_000_000, 1_000_000]);
	await cem.page.getByRole('button', { name: 'Leave call' }).click();
	await expect.poll(() => cameraLimits(ann.page, 'maxBitrate')).toEqual([1_700_000]);
});

test('who shows it small is sent a small one, and who does not show it none at all', async () => {
	await bob.page.setViewportSize(SMALL);
	await expect.poll(() => cameraLimits(ann.page, 'maxBitrate')).toEqual([160_000]);
	await setHidden(bob.page, true);
	await expect.poll(() => cameraLimits(ann.page, 'active')).toEqual([false]);
	// The other way all goes on.
	expect(await cameraLimits(bob.page, 'active')).toEqual([true]);
	const { frames } = await received(bob.page);
	await setHidden(bob.page, false);
	await expect.poll(() => cameraLimits(ann.page, 'active')).toEqual([true]);
	await expect.poll(async () => (await received(bob.page)).frames).toBeGreaterThan(frames + 3);
	await bob.page.setViewportSize(LARGE);
	await expect.poll(() => cameraLimits(ann.page, 'maxBitrate')).toEqual([1_700_000]);
});

test('who loses much of it is sent fewer frames', async () => {
	await expect.poll(() => cameraLimits(ann.page, 'maxFramerate')).toEqual([30]);
	await lose(40);
	await expect
		.poll(async () => (await cameraLimits(ann.page, 'maxFramerate'))[0], { timeout: 30_000 })
		.toBeLessThan(30);
});
