#!/usr/bin/env node
// Makes docs/screenshots/ anew: two people are registered through the pages and call each other, and every page is
// taken wide, narrow and dark. Needs a Chromium.
//
//   npm run screenshots                                     on a server and a database of its own
//   PARLEY_URL=http://localhost:3000 npm run screenshots    on a server that runs already

import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'docs/screenshots');
const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const PASSWORD = 'plain-harbour-lantern-42';

const LOOKS = {
	wide: { width: 1280, height: 800, colorScheme: 'light' },
	narrow: { width: 390, height: 844, colorScheme: 'light' },
	dark: { width: 1280, height: 800, colorScheme: 'dark' }
};

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('@playwright/test').Browser} Browser */

/** Takes one page in each look. The page stays as it is: only its window and its colours change. */
async function shoot(/** @type {Page} */ page, /** @type {string} */ name) {
	for (const [look, { width, height, colorScheme }] of Object.entries(LOOKS)) {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({
			colorScheme: colorScheme === 'dark' ? 'dark' : 'light',
			reducedMotion: 'reduce'
		});
		// Fonts and layout have settled when two frames were drawn after the change.
		await page.evaluate(
			() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))
		);
		await page.screenshot({ path: join(OUT, `${name}-${look}.png`), animations: 'disabled', caret: 'hide' });
	}
	await page.setViewportSize({ width: LOOKS.wide.width, height: LOOKS.wide.height });
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	console.log(`  ${name}`);
}

async function register(
	/** @type {Page} */ page,
	/** @type {string} */ username,
	/** @type {string} */ displayName
) {
	await page.goto('/register');
	await page.getByLabel('Username').fill(username);
	await page.getByLabel('Display name').fill(displayName);
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Create account' }).click();
	await page.getByRole('button', { name: 'New room' }).waitFor();
}

async function say(/** @type {Page} */ page, /** @type {string} */ text) {
	await page.getByRole('textbox', { name: 'Message' }).fill(text);
	await page.getByRole('button', { name: 'Send' }).click();
	await page.getByRole('log', { name: 'Messages' }).getByText(text).waitFor();
}

/** Waits until a remote picture is there and moving. */
async function waitForVideo(/** @type {Page} */ page, /** @type {string} */ label) {
	const video = page.getByLabel(label);
	await video.waitFor();
	await video.evaluate(
		(element) =>
			new Promise((done) => {
				const look = () =>
					element instanceof HTMLVideoElement && element.videoWidth > 0 && element.currentTime > 0.5
						? done(null)
						: requestAnimationFrame(look);
				look();
			})
	);
}

async function takeAll(/** @type {Browser} */ browser, /** @type {string} */ baseURL) {
	const open = async () => {
		const context = await browser.newContext({
			baseURL,
			deviceScaleFactor: 1,
			reducedMotion: 'reduce',
			viewport: { width: LOOKS.wide.width, height: LOOKS.wide.height },
			permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write']
		});
		return context.newPage();
	};
	const alice = await open();
	const bob = await open();

	await alice.goto('/login');
	await alice.getByRole('button', { name: 'Sign in' }).waitFor();
	await shoot(alice, 'login');
	await alice.goto('/register');
	await alice.getByRole('button', { name: 'Create account' }).waitFor();
	await shoot(alice, 'register');

	// On a server that keeps its accounts a second run needs other names.
	const run = process.env.PARLEY_URL ? Date.now().toString(36) : '';
	await register(alice, `alice${run}`, 'Alice Larsen');
	await register(bob, `bob${run}`, 'Bob Okafor');

	for (const name of ['Garden plans', 'Book club', 'Harbour office']) {
		await alice.goto('/');
		await alice.getByRole('button', { name: 'New room' }).click();
		const dialog = alice.getByRole('dialog');
		await dialog.getByLabel('Room name').fill(name);
		await dialog.getByRole('button', { name: 'Create room' }).click();
		await alice.getByRole('heading', { name }).waitFor();
	}
	const room = alice.url();
	await alice.getByRole('button', { name: 'Copy invite link' }).click();
	let invite = '';
	while (!invite.includes('/join/')) invite = await alice.evaluate(() => navigator.clipboard.readText());

	await bob.goto(new URL(invite).pathname);
	await bob.getByRole('button', { name: 'Join room' }).waitFor();
	await shoot(bob, 'join');
	await bob.getByRole('button', { name: 'Join room' }).click();
	await bob.getByRole('heading', { name: 'Harbour office' }).waitFor();

	await say(alice, 'The ferry leaves at nine, not at half past eight.');
	await say(bob, 'Good to know. Is the small pier open again?');
	await say(alice, 'Since Monday. I can show you the plan, do you have five minutes?');
	await say(bob, 'Sure, call me.');
	await alice.goto(room); // without the word about the copied link
	await alice.getByRole('log', { name: 'Messages' }).getByText('Sure, call me.').waitFor();
	await shoot(alice, 'room');
	await alice.goto('/');
	await alice.getByRole('button', { name: 'New room' }).waitFor();
	await shoot(alice, 'rooms');
	await alice.goto(room);

	// A call that Bob misses: Alice cancels it.
	await alice.getByRole('button', { name: 'Start audio call' }).click();
	await bob.getByRole('alertdialog', { name: 'Incoming call' }).waitFor();
	await alice.getByRole('button', { name: 'Cancel call' }).click();
	await bob.getByRole('alertdialog', { name: 'Incoming call' }).waitFor({ state: 'detached' });
	await bob.goto('/calls');
	await bob.getByRole('tab', { name: 'Missed' }).click();
	await bob.getByRole('button', { name: 'Call back' }).first().waitFor();
	await shoot(bob, 'missed');
	await bob.goto(new URL(room).pathname);
	await bob.getByRole('textbox', { name: 'Message' }).waitFor();

	await alice.getByRole('button', { name: 'Microphone and camera' }).click();
	await alice.getByRole('dialog').locator('video').waitFor();
	await shoot(alice, 'devices');
	await alice.keyboard.press('Escape');

	// The call itself.
	await alice.getByRole('button', { name: 'Start video call' }).click();
	await bob.getByRole('alertdialog', { name: 'Incoming call' }).waitFor();
	await alice.getByRole('button', { name: 'Cancel call' }).waitFor();
	await shoot(alice, 'outgoing');
	await shoot(bob, 'incoming');
	await bob.getByRole('button', { name: 'Accept', exact: true }).click();
	await waitForVideo(alice, "Bob Okafor's video");
	await waitForVideo(bob, "Alice Larsen's video");
	await bob.getByRole('toolbar').getByRole('button', { name: 'Raise hand' }).click();
	await alice.getByText('Hand raised: Bob Okafor').waitFor({ state: 'attached' });
	await shoot(alice, 'call');
	await alice.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
	await alice.getByRole('region', { name: 'Call status' }).getByText('connected').first().waitFor();
	await shoot(alice, 'call-status');
	await alice.getByRole('button', { name: 'Leave call' }).click();
	await alice.getByRole('button', { name: 'Start video call' }).waitFor();

	await alice.goto('/calls');
	await alice.getByRole('button', { name: 'Call back' }).first().waitFor();
	await shoot(alice, 'calls');
	await alice
		.getByRole('link', { name: /^Details of the call/ })
		.first()
		.click();
	await alice.getByRole('region', { name: 'How it was' }).getByText('Bob Okafor').first().waitFor();
	await shoot(alice, 'details');
	await alice.goto('/settings');
	await alice.getByRole('heading').first().waitFor();
	await shoot(alice, 'settings');
}

/** @returns {Promise<number>} a port that nobody uses just now */
function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, 'localhost', () => {
			const address = server.address();
			server.close(() =>
				address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))
			);
		});
	});
}

/** Starts the built product with a database of its own. */
async function startProduct() {
	const data = await mkdtemp(join(tmpdir(), 'parley-screenshots-'));
	await chmod(data, 0o755); // as root, Postgres runs as another user
	const port = await freePort();
	const url = `http://localhost:${port}`;
	const { DATABASE_URL: _ours, ...inherited } = process.env;
	const env = {
		...inherited,
		PORT: String(port),
		ORIGIN: url,
		PARLEY_DATA: data,
		STUN_URLS: 'none',
		LOG_LEVEL: 'warn'
	};
	const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], {
		cwd: ROOT,
		env,
		stdio: 'inherit'
	});
	const ended = new Promise((resolve) => child.once('exit', resolve));
	const stop = async () => {
		child.kill('SIGTERM');
		await ended;
		await rm(data, { recursive: true, force: true });
	};
	for (;;) {
		if (child.exitCode !== null) throw new Error(`the server ended by itself (${child.exitCode})`);
		const answer = await fetch(`${url}/login`).catch(() => null);
		if (answer?.ok) return { url, stop };
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

const product = process.env.PARLEY_URL
	? { url: process.env.PARLEY_URL, stop: async () => {} }
	: await startProduct();
/** @type {Browser | undefined} */
let browser;
try {
	await mkdir(OUT, { recursive: true });
	browser = await chromium.launch({
		...(existsSync(SYSTEM_CHROMIUM) ? { executablePath: SYSTEM_CHROMIUM } : {}),
		chromiumSandbox: false,
		args: [
			'--use-fake-device-for-media-stream',
			'--use-fake-ui-for-media-stream',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--disable-quic',
			'--allow-loopback-in-peer-connection'
		]
	});
	await takeAll(browser, product.url);
	console.log(`docs/screenshots is made anew`);
} finally {
	await browser?.close();
	await product.stop();
}
