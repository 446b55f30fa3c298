import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { callRegion, incoming } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of three by video, one of whom comes late. The screens are Chromium's fake one. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openRoom(server.url, browser, ['Ann', 'Bob', 'Cem'], 'Workshop');
	await Promise.all([shrinkScreen(ann.page), shrinkScreen(bob.page)]);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

/** Two cores encode each screen once for each of the others: a small one does as well. */
const shrinkScreen = (page: Page) =>
	page.evaluate(() => {
		const { mediaDevices } = navigator;
		const native = mediaDevices.getDisplayMedia.bind(mediaDevices);
		mediaDevices.getDisplayMedia = async (wishes) => {
			const stream = await native(wishes);
			for (const track of stream.getVideoTracks()) {
				await track.applyConstraints({ width: 320, height: 180, frameRate: 8 });
			}
			return stream;
		};
	});

const acceptUnseen = (page: Page) =>
	incoming(page).getByRole('button', { name: 'Accept without video' }).click();
const picture = (page: Page, label: string) => callRegion(page).getByLabel(label, { exact: true });
const share = (page: Page) => page.getByRole('button', { name: 'Share screen' });
const stop = (page: Page) => page.getByRole('button', { name: 'Stop sharing' });

/** The frames that were decoded of what this picture shows; -1 while it shows nothing. */
const framesOf = (page: Page, label: string) =>
	picture(page, label).evaluate(async (video: HTMLVideoElement) => {
		const [track] = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
		const receivers = window.observed.peers.flatMap((peer) => peer.getReceivers());
		const receiver = receivers.find((one) => one.track === track);
		let frames = -1;
		(await receiver?.getStats())?.forEach((stat: { type: string; framesDecoded?: number }) => {
			if (stat.type === 'inbound-rtp') frames = stat.framesDecoded ?? 0;
		});
		return frames;
	});

async function expectMoving(page: Page, label: string): Promise<void> {
	await expect(picture(page, label)).toBeVisible();
	const before = Math.max(0, await framesOf(page, label));
	await expect
		.poll(() => framesOf(page, label), { message: `frames of ${label}`, timeout: 20_000 })
		.toBeGreaterThan(before + 3);
}

test('Ann shares her screen, and Bob sees it beside her camera', async () => {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await acceptUnseen(bob.page);
	await expectMoving(bob.page, "Ann's video");

	// By keyboard: the toolbar is one stop, and arrows go on from there.
	await ann.page.getByRole('button', { name: 'Mute microphone' }).focus();
	await ann.page.keyboard.press('ArrowRight');
	await ann.page.keyboard.press('ArrowRight');
	await expect(share(ann.page)).toBeFocused();
	await ann.page.keyboard.press('Enter');

	await expect(stop(ann.page)).toBeFocused();
	await expect(callRegion(ann.page).getByText('You are sharing your screen', { exact: true })).toBeVisible();
	await expect(callRegion(bob.page).getByText('Ann is sharing their screen.')).toBeAttached();
	await expectMoving(bob.page, "Ann's screen");
	await expectMoving(bob.page, "Ann's video");
	// Nobody looks at themselves looking at themselves.
	await expect(callRegion(ann.page).locator('video')).toHaveCount(2);
});

test('Bob shares his as well, and each sees the other’s', async () => {
	await share(bob.page).click();
	await expectMoving(ann.page, "Bob's screen");
	await expectMoving(bob.page, "Ann's screen");
});

test('who comes while they share sees both', async () => {
	await acceptUnseen(cem.page);
	for (const label of ["Ann's screen", "Bob's screen", "Ann's video"]) await expectMoving(cem.page, label);
	await cem.page.setViewportSize({ width: 390, height: 844 });
	expect((await new AxeBuilder({ page: cem.page }).setLegacyMode().analyze()).violations).toEqual([]);
});

test('the browser’s own bar ends it, for everybody', async () => {
	await ann.page.evaluate(() => {
		for (const peer of window.observed.peers) {
			for (const { track } of peer.getSenders()) {
				if (track?.contentHint !== 'detail') continue;
				// As the bar does it: the track ends by itself, and says so.
				track.stop();
				return track.dispatchEvent(new Event('ended'));
			}
		}
		throw new Error('no screen is sent');
	});
	for (const { page } of [bob, cem]) {
		await expect(picture(page, "Ann's screen")).toHaveCount(0);
		await expect(callRegion(page).getByText('Ann stopped sharing their screen.')).toBeAttached();
	}
	await expect(share(ann.page)).toBeVisible();
	await expect(callRegion(ann.page).getByText('You stopped sharing your screen.')).toBeAttached();
	await expectMoving(cem.page, "Bob's screen");
});

test('it can be shared again, and who leaves shares no more', async () => {
	await share(ann.page).click();
	await expectMoving(cem.page, "Ann's screen");
	await stop(ann.page).click();
	await expect(picture(cem.page, "Ann's screen")).toHaveCount(0);

	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	for (const { page } of [ann, cem]) await expect(picture(page, "Bob's screen")).toHaveCount(0);
});

test('who thinks better of it is told nothing, and what fails is explained', async () => {
	const refuseWith = (name: string) =>
		ann.page.evaluate((error) => {
			navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', error));
		}, name);
	const said = ann.page.getByText('The screen could not be shared');
	await refuseWith('NotAllowedError');
	await share(ann.page).click();
	await refuseWith('NotReadableError');
	await expect(said).toHaveCount(0);
	await share(ann.page).click();
	await expect(said).toBeVisible();
	await expect(share(ann.page)).toBeVisible();
});

test('where there is nothing to share a screen with, there is no button', async () => {
	await ann.page.evaluate(() => {
		Object.defineProperty(navigator.mediaDevices, 'getDisplayMedia', { value: undefined });
	});
	await ann.page.getByRole('button', { name: 'Mute microphone' }).click();
	await expect(share(ann.page)).toHaveCount(0);
});
