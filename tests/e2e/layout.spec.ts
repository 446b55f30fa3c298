import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** A call of three by video, as Ann sees it. The others' voices are made by the test. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const LYING_PHONE = { width: 844, height: 390 };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openRoom(server.url, browser, ['Ann', 'Bob', 'Cem'], 'Studio');
	await ann.page.emulateMedia({ reducedMotion: 'reduce' });
	await Promise.all([giveVoice(bob.page), giveVoice(cem.page)]);
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await expect(picture(ann.page, "Bob's video")).toBeVisible(); // who joins first comes first
	await accept(cem.page);
	await Promise.all([expectMoving(ann.page, "Bob's video"), expectMoving(ann.page, "Cem's video")]);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

declare global {
	interface Window {
		/** Of the microphone that a test speaks into. */
		voice: AudioParam;
	}
}

/** In place of the microphone, something that is heard when the test wants it. */
const giveVoice = (page: Page) =>
	page.evaluate(() => {
		const { mediaDevices } = navigator;
		const native = mediaDevices.getUserMedia.bind(mediaDevices);
		const context = new AudioContext();
		const gain = new GainNode(context, { gain: 0 });
		const to = context.createMediaStreamDestination();
		const tone = new OscillatorNode(context, { type: 'sawtooth', frequency: 220 });
		tone.connect(gain).connect(to);
		tone.start();
		window.voice = gain.gain;
		mediaDevices.getUserMedia = async (wishes) => {
			const stream = await native(wishes);
			await context.resume();
			for (const track of stream.getAudioTracks()) {
				track.stop();
				stream.removeTrack(track);
				for (const made of to.stream.getAudioTracks()) stream.addTrack(made.clone());
			}
			return stream;
		};
	});
const speak = ({ page }: BrowserPerson, loudness: number) =>
	page.evaluate((value) => void (window.voice.value = value), loudness);

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const picture = (page: Page, label: string) => callRegion(page).getByLabel(label, { exact: true });
const PICTURES = ["Bob's video", "Cem's video", 'Your video'] as const;

type Box = { x: number; y: number; width: number; height: number };
async function boxOf(locator: Locator): Promise<Box> {
	const box = await locator.boundingBox();
	if (!box) throw new Error('it is not to be seen');
	return box;
}
const boxesOf = (page: Page) => Promise.all(PICTURES.map((label) => boxOf(picture(page, label))));
const area = ({ width, height }: Box) => width * height;

async function expectMoving(page: Page, label: string): Promise<void> {
	const shown = () => picture(page, label).evaluate((video: HTMLVideoElement) => video.currentTime);
	await expect.poll(shown, { timeout: 20_000 }).toBeGreaterThan(0);
	const before = await shown();
	await expect.poll(shown).toBeGreaterThan(before);
}

/** Who is large: their label, or "alike". */
async function large(page: Page): Promise<string> {
	const areas = (await boxesOf(page)).map(area);
	const largest = Math.max(...areas);
	const all = PICTURES.filter((_, index) => areas[index] === largest);
	return all.length > 1 ? 'alike' : all.join();
}

/** Everything that is seen of the call is within the window, and nothing has to be scrolled for it. */
async function expectFitting(page: Page): Promise<void> {
	const { width, height } = page.viewportSize()!;
	for (const locator of [...PICTURES.map((label) => picture(page, label)), button(page, 'Leave call')]) {
		await expect
			.poll(async () => {
				const box = await boxOf(locator);
				const inside = box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
				return inside && Math.min(box.width, box.height) >= 32;
			})
			.toBe(true);
	}
	const scrolls = await callRegion(page).evaluate((region) =>
		[region, ...region.querySelectorAll('*')].some((node) => {
			const overflow = getComputedStyle(node).overflowY;
			return node.scrollHeight > node.clientHeight && (overflow === 'auto' || overflow === 'scroll');
		})
	);
	expect(scrolls).toBe(false);
}

async function expectAccessible(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
	expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('in a grid all are alike, however the window is shaped', async () => {
	for (const size of [PHONE, LYING_PHONE, WIDE]) {
		await ann.page.setViewportSize(size);
		await expectFitting(ann.page);
		expect(await large(ann.page)).toBe('alike');
	}
	await expectAccessible(ann.page);
});

test('in the other layout who speaks is large, and only two tiles change their places for it', async () => {
	await button(ann.page, 'Layout: grid').focus();
	await ann.page.keyboard.press('Enter');
	await expect(button(ann.page, 'Layout: speaker')).toBeFocused();
	await expect.poll(() => large(ann.page)).toBe("Bob's video");
	const before = await boxesOf(ann.page);

	await speak(cem, 0.4);
	await expect.poll(() => large(ann.page)).toBe("Cem's video");
	const [bobs, cems, own] = await boxesOf(ann.page);
	expect([cems, bobs, own]).toEqual(before);
	const heard = callRegion(ann.page).locator('[data-speaking]');
	await expect(heard).toHaveCount(1);
	await speak(cem, 0);
	await expect(heard).toHaveCount(0);
	await expectAccessible(ann.page);
	for (const size of [PHONE, LYING_PHONE, WIDE]) {
		await ann.page.setViewportSize(size);
		await expectFitting(ann.page);
		expect(await large(ann.page)).toBe("Cem's video");
	}
});

test('pinned by keyboard alone, somebody is large, whoever speaks', async () => {
	const options = button(ann.page, 'Options for Bob');
	await options.focus();
	await ann.page.keyboard.press('Enter');
	await expect(button(ann.page, 'Pin Bob')).toBeFocused();
	await expectAccessible(ann.page);
	await ann.page.keyboard.press('Enter');
	await expect(options).toBeFocused();
	await expect.poll(() => large(ann.page)).toBe("Bob's video");

	await ann.page.keyboard.press('Enter');
	await button(ann.page, 'Unpin Bob').press('Enter');
	await expect.poll(() => large(ann.page)).toBe("Cem's video");
	await expectMoving(ann.page, "Bob's video");
});

(process.env.LONG ? test : test.skip)(
	'how loud somebody is, is set for them alone, by keyboard, and stays so in the next call',
	async () => {
		const volumes = () =>
			callRegion(ann.page)
				.locator('audio')
				.evaluateAll((all) => all.map((one) => (one as HTMLAudioElement).volume));
		await expect.poll(volumes).toEqual([1, 1]);
		await button(ann.page, 'Options for Bob').press('Enter');
		const slider = ann.page.getByRole('slider', { name: 'Volume of Bob' });
		await slider.focus();
		for (let presses = 0; presses < 12; presses++) await ann.page.keyboard.press('ArrowLeft');
		await expect(slider).toHaveAttribute('aria-valuetext', '40 %');
		expect(await volumes()).toEqual([0.4, 1]);
		await ann.page.keyboard.press('Escape');
		await expect(slider).toBeHidden();

		await button(bob.page, 'Leave call').click();
		await expect(picture(ann.page, "Bob's video")).toHaveCount(0);
		// With one other both layouts are one: ours is a small picture in the corner.
		await expect(button(ann.page, 'Layout: speaker')).toHaveCount(0);
		const own = await boxOf(picture(ann.page, 'Your video'));
		expect(area(own)).toBeLessThan(area(await boxOf(picture(ann.page, "Cem's video"))) / 4);
		await button(bob.page, 'Join call').click();
		await expectMoving(ann.page, "Bob's video");
		expect((await volumes()).sort()).toEqual([0.4, 1]);
	}
);

test('full screen: of one, of the call, and by a key', async () => {
	const filled = () => ann.page.evaluate(() => document.fullscreenElement !== null);
	await button(ann.page, 'Options for Cem').click();
	await button(ann.page, 'Show Cem in full screen').click();
	await expect.poll(filled).toBe(true);
	await expect(picture(ann.page, "Bob's video")).toBeHidden();
	await expectMoving(ann.page, "Cem's video");
	await expect(button(ann.page, 'Leave call')).toBeVisible();
	await expectAccessible(ann.page);
	await button(ann.page, 'Leave full screen').click();
	await expect.poll(filled).toBe(false);
	await expect(picture(ann.page, "Bob's video")).toBeVisible();

	await ann.page.keyboard.press('f');
	await expect.poll(filled).toBe(true);
	await expectFitting(ann.page);
	// As Escape does it, which is the browser's own.
	await ann.page.evaluate(() => document.exitFullscreen());
	await expect(button(ann.page, 'Full screen')).toBeVisible();
	await expect(button(ann.page, 'Leave full screen')).toHaveCount(0);
});

test('picture in picture: in a page of its own, while the tile plays on', async () => {
	const apart = () =>
		ann.page.evaluate(() => {
			const page = window.documentPictureInPicture?.window;
			const video = page?.document.querySelector('video');
			return page && video ? { time: video.currentTime, fit: page.getComputedStyle(video).objectFit } : null;
		});
	await button(ann.page, 'Options for Bob').click();
	await button(ann.page, 'Show Bob in picture in picture').click();
	await expect.poll(async () => (await apart())?.time ?? 0).toBeGreaterThan(0);
	const before = (await apart())?.time ?? 0;
	await expect.poll(async () => (await apart())?.time ?? 0).toBeGreaterThan(before);
	await expectMoving(ann.page, "Bob's video");
	// Its own buttons work, and it looks as the page does.
	expect((await apart())?.fit).toBe('contain');
	await ann.page.evaluate(() => {
		const page = window.documentPictureInPicture?.window;
		page?.document.querySelector<HTMLButtonElement>('[aria-label="Mute microphone"]')?.click();
	});
	await expect(button(ann.page, 'Unmute microphone')).toBeVisible();

	await button(ann.page, 'Options for Bob').click();
	await button(ann.page, 'Close picture in picture').click();
	await expect.poll(apart).toBeNull();
	await expectMoving(ann.page, "Bob's video");
});

(process.env.LONG ? test : test.skip)(
	'picture in picture of the picture alone, where there is no page for it',
	async () => {
		await ann.page.evaluate(() => Reflect.deleteProperty(window, 'documentPictureInPicture'));
		await button(ann.page, 'Options for Bob').click();
		await button(ann.page, 'Show Bob in picture in picture').click();
		const shown = () => ann.page.evaluate(() => document.pictureInPictureElement?.getAttribute('aria-label'));
		await expect.poll(shown).toBe("Bob's video");
		await expectMoving(ann.page, "Bob's video");
		await button(bob.page, 'Turn camera off').click();
		await button(ann.page, 'Options for Bob').click();
		await expect(button(ann.page, 'Pin Bob')).toBeVisible();
		await button(ann.page, 'Close picture in picture').click();
		await expect.poll(shown).toBeUndefined();
		await button(ann.page, 'Options for Bob').click();
		// Nothing to be seen, nothing to be shown elsewhere.
		await expect(button(ann.page, 'Show Bob in picture in picture')).toHaveCount(0);
		await ann.page.keyboard.press('Escape');
	}
);

test('which layout it was is kept on this device', async () => {
	await ann.page.reload();
	await expect(button(ann.page, 'Layout: speaker')).toBeVisible();
	await button(ann.page, 'Layout: speaker').click();
	await expect(button(ann.page, 'Layout: grid')).toBeVisible();
});
