import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accept, callRegion } from '../fixtures/call-page';
import { checkConnection, openConnections } from '../fixtures/check-page';
import { expectMedia, openPerson, received, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';
import { writeVoice } from '../fixtures/voice';

/** Devices before a call and in it. Bob's browser has four cameras and several microphones and speakers, and he speaks. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let folder: string;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	folder = mkdtempSync(join(tmpdir(), 'parley-voice-'));
	const voice = join(folder, 'voice.wav');
	writeVoice(voice);
	[ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann', { browser }),
		openPerson(server.url, 'Bob', {
			devices: 'several',
			flags: [`--use-file-for-fake-audio-capture=${voice}`]
		})
	]);
	await shareRoom(ann, bob, 'Studio');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
	rmSync(folder, { recursive: true });
});

const dialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Microphone and camera' });
const about = (page: Page): Locator => page.getByRole('status', { name: 'About calls' });

/** Of the tracks that a video element plays: labels, and whether they are alive. */
const playing = (page: Page, name: string) =>
	page.getByLabel(name, { exact: true }).evaluate((video: HTMLVideoElement) => {
		const tracks = (video.srcObject as MediaStream | null)?.getTracks() ?? [];
		return tracks.map(({ kind, label, readyState }) => ({ kind, label, readyState }));
	});
const labelOf = async (page: Page, name: string, kind: 'audio' | 'video') =>
	(await playing(page, name)).find((track) => track.kind === kind)?.label;

/** What a choice offers, and what is chosen. */
const offered = (select: Locator) =>
	select.evaluate((node: HTMLSelectElement) => [...node.options].map((option) => option.text));

async function leaveCall(): Promise<void> {
	await ann.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(callRegion(bob.page)).toBeHidden();
}

test('before a call: preview, level and choice, by the keyboard alone, and axe finds nothing', async () => {
	const { page } = bob;
	await page.getByRole('button', { name: 'Microphone and camera' }).focus();
	await page.keyboard.press('Enter');
	await expect(dialog(page)).toBeVisible();
	await expect.poll(() => labelOf(page, 'Camera preview', 'video')).toBe('fake_device_0');
	const level = dialog(page).getByRole('meter', { name: 'Microphone level' });
	await expect.poll(async () => Number(await level.getAttribute('aria-valuenow'))).toBeGreaterThan(0);

	const camera = dialog(page).getByLabel('Camera', { exact: true });
	await expect
		.poll(() => offered(camera))
		.toEqual(['System default', 'fake_device_0', 'fake_device_1', 'fake_device_2', 'fake_device_3']);
	await camera.focus();
	await page.keyboard.press('End');
	await expect.poll(() => labelOf(page, 'Camera preview', 'video')).toBe('fake_device_3');
	// Every control is reached, and the focus stays in the dialog.
	const reached = new Set<string>();
	for (let tabs = 0; tabs < 8; tabs++) {
		await page.keyboard.press('Tab');
		reached.add(
			await page.evaluate(() => {
				const { activeElement } = document;
				const label = activeElement?.id ? document.querySelector(`label[for="${activeElement.id}"]`) : null;
				return (label ?? activeElement?.closest('label') ?? activeElement)?.textContent?.trim() ?? '';
			})
		);
	}
	for (const name of ['Microphone', 'Speaker', 'Test sound', 'Microphone on', 'Camera on, in video calls']) {
		expect([...reached], name).toContain(name);
	}
	expect(
		(await new AxeBuilder({ page }).setLegacyMode().include('[role="dialog"]').analyze()).violations
	).toEqual([]);

	await page.evaluate(() => void (window.observed.tones.length = 0));
	await dialog(page).getByLabel('Speaker').selectOption('Fake Audio Output 1');
	await dialog(page).getByRole('button', { name: 'Test sound' }).press('Enter');
	await expect.poll(() => page.evaluate(() => window.observed.tones)).toEqual([523, 659, 784]);

	const track = await page
		.getByLabel('Camera preview')
		.evaluateHandle((video: HTMLVideoElement) => (video.srcObject as MediaStream).getVideoTracks()[0]);
	await page.keyboard.press('Escape');
	await expect(dialog(page)).toBeHidden();
	expect(await track.evaluate((one) => one?.readyState)).toBe('ended');
	await expect(page.getByRole('button', { name: 'Microphone and camera' })).toBeFocused();
});

test('the connection check opens real connections, says what calls can count on, and leaves none of them open', async () => {
	const { page, context } = bob;
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.getByRole('button', { name: 'Microphone and camera' }).click();
	const before = await page.evaluate(() => window.observed.peers.length);
	const { all, lines } = await checkConnection(page);
	expect(lines).toEqual({
		'Link to the server': expect.stringMatching(/^Good, \d+ ms WebSocket\.$/),
		'Connections in this browser': expect.stringMatching(/^Good, \d+ ms .*bytes went through\.$/),
		'Way out by UDP (STUN)': expect.stringContaining('Not checked'),
		'TURN server': expect.stringMatching(/^Warning .*between strict networks.* do not connect/)
	});
	expect(all).toBe('Calls connect with people in the same network. With others they may not.');
	expect(await page.evaluate(() => window.observed.peers.length)).toBe(before + 2);
	expect(await openConnections(page)).toBe(0);
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme });
		// A colour on its way to another is neither. The level of the microphone is always on its way.
		await page.evaluate(async () => {
			await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
		});
		expect(
			(await new AxeBuilder({ page }).setLegacyMode().include('[role="dialog"]').analyze()).violations
		).toEqual([]);
	}
	await page.emulateMedia({ colorScheme: null });

	await page.getByRole('button', { name: 'Copy result' }).press('Enter');
	await expect(dialog(page)).toContainText('Copied');
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	expect(copied).toContain('Connections in this browser: Good');
	expect(copied).toContain('Candidates: host');
	expect(copied).not.toMatch(/\d+\.\d+\.\d+\.\d+|\.local|[0-9a-f]+:[0-9a-f]*:[0-9a-f]*:/);

	// The dialog is closed while a TURN server that is not there is waited for.
	await page.route('**/trpc/ice.check*', async (route) => {
		const response = await route.fetch();
		const json = (await response.json()) as { result: { data: object } };
		const nobody = { urls: ['turn:127.0.0.1:9?transport=udp'], username: '1:nobody', credential: 'none' };
		Object.assign(json.result.data, { relay: 'given', iceServers: [nobody] });
		await route.fulfill({ response, json });
	});
	await page.getByRole('button', { name: 'Check connection' }).click();
	await expect(dialog(page)).toContainText('TURN by UDP');
	await expect(page.getByRole('status', { name: 'Connection check' })).toContainText('Checking');
	await expect(page.getByRole('button', { name: 'Stop checking' })).toBeFocused();
	await expect.poll(() => openConnections(page)).toBe(2);
	await page.keyboard.press('Escape');
	await expect(dialog(page)).toBeHidden();
	expect(await openConnections(page)).toBe(0);
	await page.unroute('**/trpc/ice.check*');
});

test('the next call has the chosen ones, after a reload too; changed in the call, there is no new offer', async () => {
	await bob.page.reload();
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	expect(await labelOf(bob.page, 'Your video', 'video')).toBe('fake_device_3');
	await expect
		.poll(() =>
			bob.page.evaluate(() => [...document.querySelectorAll('audio')].map((one) => one.sinkId !== ''))
		)
		.toEqual([true]);

	const counted = await bob.page.evaluateHandle(() => {
		const [peer] = window.observed.peers.filter((one) => one.connectionState === 'connected');
		const video = document.querySelector<HTMLVideoElement>('[aria-label="Your video"]');
		const [camera] = (video?.srcObject as MediaStream).getVideoTracks();
		const count = { negotiations: 0, peer, camera };
		peer?.addEventListener('signalingstatechange', () => (count.negotiations += 1));
		return count;
	});
	await bob.page.getByRole('toolbar').getByRole('button', { name: 'Microphone and camera' }).click();
	await dialog(bob.page).getByLabel('Camera', { exact: true }).selectOption('fake_device_2');
	await dialog(bob.page).getByLabel('Microphone', { exact: true }).selectOption('Fake Audio Input 2');
	await expect.poll(() => labelOf(bob.page, 'Your video', 'video')).toBe('fake_device_2');
	await expect.poll(() => labelOf(bob.page, 'Your video', 'audio')).toBe('Fake Audio Input 2');
	const sent = await counted.evaluate(({ peer, camera, negotiations }) => ({
		labels: peer?.getSenders().map(({ track }) => track?.label),
		before: camera?.readyState,
		negotiations
	}));
	expect(sent).toEqual({ labels: ['Fake Audio Input 2', 'fake_device_2'], before: 'ended', negotiations: 0 });
	expect(
		(await new AxeBuilder({ page: bob.page }).setLegacyMode().include('[role="dialog"]').analyze()).violations
	).toEqual([]);
	await bob.page.keyboard.press('Escape');

	const { frames, audioEnergy } = await received(ann.page);
	await expect.poll(async () => (await received(ann.page)).frames).toBeGreaterThan(frames + 10);
	await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(audioEnergy);
	expect(await counted.evaluate(({ negotiations }) => negotiations)).toBe(0);
});

/**
 * A camera cannot be pulled out of this machine. So the page is shown what it would be shown: its real track says
 * that it ended, the list of devices lacks it, and `devicechange` tells of that. What the page does then is real: it
 * opens another device, and that is what is sent.
 */
async function unplug(page: Page, label: string | null): Promise<void> {
	await page.evaluate((gone) => {
		const { mediaDevices } = navigator;
		const all = MediaDevices.prototype.enumerateDevices;
		mediaDevices.enumerateDevices = async () => {
			const there = await all.call(mediaDevices);
			return there.filter((one) => one.label !== gone);
		};
		mediaDevices.dispatchEvent(new Event('devicechange'));
		const video = document.querySelector<HTMLVideoElement>('[aria-label="Your video"]');
		for (const track of (video?.srcObject as MediaStream).getTracks()) {
			if (track.label === gone) track.dispatchEvent(new Event('ended'));
		}
	}, label);
}
const plugIn = (page: Page): Promise<void> => unplug(page, null);

test('unplugged, a camera is replaced by another one, with words; plugged in again, it is taken back', async () => {
	await unplug(bob.page, 'fake_device_2');
	await expect(about(bob.page)).toContainText('fake_device_2 was unplugged; now using fake_device_0');
	expect(await labelOf(bob.page, 'Your video', 'video')).toBe('fake_device_0');
	const { frames } = await received(ann.page);
	await expect.poll(async () => (await received(ann.page)).frames).toBeGreaterThan(frames + 5);

	await plugIn(bob.page);
	await expect(about(bob.page)).toContainText('Now using fake_device_2 again');
	expect(await labelOf(bob.page, 'Your video', 'video')).toBe('fake_device_2');
});

test('speaking while muted is pointed out. Keys: microphone, camera, talking while Space is held, the list of them; none while one writes', async () => {
	const { page } = bob;
	await callRegion(page).focus();
	await page.keyboard.press('m');
	await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
	const muted = callRegion(ann.page)
		.getByText(/Bob is muted/)
		.first();
	await expect(muted).toBeAttached();
	await expect(about(page)).toContainText('You are muted. Unmute to be heard');
	await callRegion(page).focus();
	await page.keyboard.down('Space');
	await expect(page.getByRole('button', { name: 'Mute microphone', exact: true })).toBeVisible();
	await expect(muted).not.toBeAttached();
	await page.keyboard.up('Space');
	await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();

	await page.getByRole('textbox', { name: 'Message' }).focus();
	await page.keyboard.type('mc ?L ');
	await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('mc ?L ');
	await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
	await page.getByRole('textbox', { name: 'Message' }).fill('');

	await page.getByRole('button', { name: 'Unmute microphone' }).focus();
	await page.keyboard.press('?');
	const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
	await expect(help).toContainText('Talk while you are muted');
	expect(
		(await new AxeBuilder({ page }).setLegacyMode().include('[role="dialog"]').analyze()).violations
	).toEqual([]);
	await page.keyboard.press('Escape');
	await expect(help).toBeHidden();
	await page.keyboard.press('c');
	await expect(page.getByRole('button', { name: 'Turn camera on' })).toBeVisible();
	await leaveCall();
});

test('in use by another program: said with a way out, and trying again helps', async () => {
	const { page } = bob;
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await page.evaluate(() => {
		// As a browser says it of a camera that another program holds.
		navigator.mediaDevices.getUserMedia = async () => {
			throw new DOMException('Could not start video source', 'NotReadableError');
		};
	});
	await page.getByRole('button', { name: 'Choose and test' }).click();
	await expect(dialog(page)).toContainText('Camera is in use by another program');
	await expect(dialog(page)).toContainText('Microphone is in use by another program');
	await page.evaluate(() => Reflect.deleteProperty(navigator.mediaDevices, 'getUserMedia'));
	await dialog(page).getByRole('button', { name: 'Try again: camera' }).click();
	await expect.poll(() => labelOf(page, 'Camera preview', 'video')).toBe('fake_device_2');
	await dialog(page).getByRole('button', { name: 'Try again: microphone' }).click();
	await expect(dialog(page)).not.toContainText('in use by another program');
});
