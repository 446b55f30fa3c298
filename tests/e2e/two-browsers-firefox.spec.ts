import { expect, type Browser, type Page } from '@playwright/test';
import { accept, callRegion, react, reaction } from '../fixtures/call-page';
import { launchFirefox } from '../fixtures/firefox';
import { openPerson, received, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Ann has Chromium and Bob has Firefox. Each calls the other once, and not over the same rung. */
let firefox: Browser;
let ann: BrowserPerson;
let bob: BrowserPerson;
let room: string;
const problems: string[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	firefox = await launchFirefox();
	[ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann', { browser }),
		openPerson(server.url, 'Bob', { browser: firefox })
	]);
	for (const { page, name } of [ann, bob])
		page.on('pageerror', ({ message }) => problems.push(`${name}: ${message}`));
	await shareRoom(ann, bob, 'Bridge');
	room = new URL(ann.page.url()).pathname;
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
	await firefox?.close();
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const picture = (page: Page, label: string) => callRegion(page).getByLabel(label, { exact: true });

/** Frames are decoded and sound comes, from now on: an earlier call's count for nothing. */
async function expectMediaFrom(now: BrowserPerson): Promise<void> {
	const before = await received(now.page);
	await expect
		.poll(async () => (await received(now.page)).frames, {
			message: `frames at ${now.name}`,
			timeout: 20_000
		})
		.toBeGreaterThan(before.frames + 5);
	await expect
		.poll(async () => (await received(now.page)).audioEnergy, {
			message: `sound at ${now.name}`,
			timeout: 20_000
		})
		.toBeGreaterThan(before.audioEnergy);
}

async function expectPanel({ page }: BrowserPerson, link: string): Promise<void> {
	const toggle = page.getByRole('toolbar').getByRole('button', { name: 'Call status' });
	await toggle.click();
	const panel = page.getByRole('region', { name: 'Call status' });
	for (const words of [link, 'connected', 'stable', /host|prflx/]) await expect(panel).toContainText(words);
	await expect(panel.getByRole('img', { name: /^Round trip: \d+ ms/ })).toBeVisible();
	await toggle.click();
}

async function expectMuteSeen(one: BrowserPerson, other: BrowserPerson): Promise<void> {
	const muted = callRegion(other.page).getByText(`${one.name} is muted`);
	await press(one.page, 'Mute microphone');
	await expect(muted.first()).toBeAttached();
	await press(one.page, 'Unmute microphone');
	await expect(muted).toHaveCount(0);
}

async function expectCameraSeen(one: BrowserPerson, other: BrowserPerson): Promise<void> {
	await press(one.page, 'Turn camera off');
	await expect(picture(other.page, `${one.name}'s video`)).toBeHidden();
	await press(one.page, 'Turn camera on');
	await expect(picture(other.page, `${one.name}'s video`)).toBeVisible();
	await expectMediaFrom(other);
}

async function expectReactionSeen(one: BrowserPerson, other: BrowserPerson): Promise<void> {
	await Promise.all([
		expect(reaction(other.page, `${one.name} reacts with applause`)).toBeVisible(),
		react(one.page, 'Applause')
	]);
}

/** Firefox without a display has no screen, and no fake one: a picture that moves takes its place. */
async function bringScreen(page: Page): Promise<void> {
	await page.evaluate(() => {
		navigator.mediaDevices.getDisplayMedia = async () => {
			const canvas = document.createElement('canvas');
			[canvas.width, canvas.height] = [320, 180];
			const pen = canvas.getContext('2d');
			setInterval(() => {
				if (!pen) return;
				pen.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
				pen.fillRect(0, 0, canvas.width, canvas.height);
			}, 100);
			return canvas.captureStream(10);
		};
	});
}

async function expectScreenSeen(one: BrowserPerson, other: BrowserPerson): Promise<void> {
	await press(one.page, 'Share screen');
	const screen = picture(other.page, `${one.name}'s screen`);
	await expect.poll(() => screen.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
	await expect(picture(other.page, `${one.name}'s video`)).toBeVisible();
	await press(one.page, 'Stop sharing');
	await expect(screen).toHaveCount(0);
}

for (const [caller, rung, words] of [
	['Ann', 'websocket', 'WebSocket'],
	['Bob', 'sse', 'Server-sent events']
] as const) {
	test(`${caller} calls, over ${rung}: both see and hear each other, and all that they do in a call`, async () => {
		const [from, to] = caller === 'Ann' ? [ann, bob] : [bob, ann];
		const ways = [
			[from, to],
			[to, from]
		] as const;
		await Promise.all([ann, bob].map(({ page }) => page.goto(`${room}?rung=${rung}`)));
		await bringScreen(bob.page);
		await press(from.page, 'Start video call');
		await accept(to.page);
		for (const [one, other] of ways) await expect(picture(one.page, `${other.name}'s video`)).toBeVisible();
		await Promise.all([expectMediaFrom(ann), expectMediaFrom(bob)]);
		for (const person of [ann, bob]) await expectPanel(person, words);
		for (const [one, other] of ways) {
			await expectMuteSeen(one, other);
			await expectCameraSeen(one, other);
			await expectScreenSeen(one, other);
			await expectReactionSeen(one, other);
		}
		await press(to.page, 'Leave call');
		for (const { page } of [from, to]) await expect(callRegion(page)).toBeHidden();
		expect(problems).toEqual([]);
	});
}
