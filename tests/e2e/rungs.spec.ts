import { expect, test, type Page } from '@playwright/test';
import { accept, callRegion, messageBox, messages } from '../fixtures/call-page';
import {
	expectMedia,
	openPerson,
	openRoom,
	received,
	shareRoom,
	type BrowserPerson
} from '../fixtures/people';
import { startRungGate, type RungGate } from '../fixtures/rung-gate';
import { startServerBehind, type TestServer } from '../fixtures/server';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';

test.describe.configure({ mode: 'serial', timeout: 90_000 });

const mutedAt = (other: BrowserPerson, name: string) =>
	callRegion(other.page).getByText(new RegExp(`${name} is muted`));

async function talk(caller: BrowserPerson, callee: BrowserPerson): Promise<void> {
	await caller.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(callee.page);
	await Promise.all([expectMedia(caller.page), expectMedia(callee.page)]);
}

/** A change in a call is seen at the other end: by the rung that carries just now. */
async function expectMuteSeen(one: BrowserPerson, other: BrowserPerson): Promise<void> {
	await one.page.getByRole('button', { name: 'Mute microphone' }).click();
	await expect(mutedAt(other, one.name).first()).toBeAttached();
	await one.page.getByRole('button', { name: 'Unmute microphone' }).click();
	await expect(mutedAt(other, one.name)).toHaveCount(0);
}

const statusPanel = (page: Page) => page.getByRole('region', { name: 'Call status' });
const toggleStatus = (page: Page) =>
	page.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
/** The settings page says which rung carries just now. */
const justNow = (page: Page) => page.getByText(/^Just now:/);

test.describe('on one rung, and from one to another', () => {
	let server: TestServer & { proxy: RungGate };
	let ann: BrowserPerson;
	let bob: BrowserPerson;
	let room: string;

	test.beforeAll(async ({ browser }) => {
		server = await startServerBehind(startRungGate);
		[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
		room = new URL(ann.page.url()).pathname;
	});
	test.afterAll(async () => {
		await Promise.all([ann?.close(), bob?.close()]);
		await server?.stop();
		await server?.proxy.close();
	});

	for (const [rung, words] of [
		['long-poll', 'Long polling'],
		['short-poll', 'Short polling']
	] as const) {
		test(`two people talk by ${words.toLowerCase()}, chosen by the page's address`, async () => {
			await Promise.all([ann, bob].map(({ page }) => page.goto(`${room}?rung=${rung}`)));
			await talk(ann, bob);
			await toggleStatus(ann.page);
			await expect(statusPanel(ann.page)).toContainText(words);
			await expect(statusPanel(ann.page)).toContainText("Chosen by this page's address");
			await expectMuteSeen(ann, bob);
			await ann.page.getByRole('button', { name: 'Leave call' }).click();
			await expect(callRegion(bob.page)).toBeHidden();
		});
	}

	test('the address counts for the whole page load; the setting from then on, until it is changed', async () => {
		const { page } = ann;
		await page.getByRole('link', { name: 'Settings' }).first().click();
		await expect(justNow(page)).toContainText('Short polling');
		await expect(page.getByText(/This page's address holds it to “Short polling”/)).toBeVisible();
		await page.getByRole('radio', { name: 'Server-sent events' }).check();
		await expect(justNow(page)).toContainText('Short polling');

		await page.goto('/settings');
		await expect(page.getByRole('radio', { name: 'Server-sent events' })).toBeChecked();
		await expect(justNow(page)).toContainText(/Server-sent events.*Chosen in the settings/);
		server.proxy.pass('websocket', 'long-poll', 'short-poll');
		await expect(justNow(page)).toContainText(/Not connected.*Server-sent events.*no other way is tried/);
		server.proxy.pass('websocket', 'sse', 'long-poll', 'short-poll');
		await page.getByRole('radio', { name: 'Automatic' }).check();
		await expect(justNow(page)).toContainText('WebSocket');
	});

	test('nothing waits for a time-out: while a WebSocket neither opens nor fails, others carry', async () => {
		server.proxy.swallowWebSockets();
		const page = await ann.context.newPage();
		// Every state that the page shows, also those between two looks from here.
		await page.addInitScript(() => {
			const lines = new Set<string>();
			Object.assign(window, { lines });
			new MutationObserver(() => {
				for (const one of document.querySelectorAll('p')) lines.add(one.textContent ?? '');
			}).observe(document, { childList: true, subtree: true, characterData: true });
		});
		await page.goto('/settings');
		const carryingWhileItOpens = () =>
			page.evaluate(() => {
				const { lines } = window as unknown as { lines: Set<string> };
				const carrying = [...lines].map(
					(line) => /Just now:\s*(.*?)\s*since.*The WebSocket is being opened/s.exec(line)?.[1]
				);
				return [...new Set(carrying)].filter((rung) => rung !== undefined);
			});
		// The polls are there from the beginning; after a moment comes what is next to the WebSocket, beside it.
		await expect.poll(carryingWhileItOpens).toEqual(['Long polling', 'Server-sent events']);
		server.proxy.pass('websocket', 'sse', 'long-poll', 'short-poll');
		await page.close();
	});

	test('ways close and open in a call: it goes on, on whatever is left, and nobody sees an error', async () => {
		await Promise.all([ann, bob].map(({ page }) => page.goto(room)));
		await talk(ann, bob);
		await toggleStatus(ann.page);
		const panel = statusPanel(ann.page);
		await expect(panel).toContainText('WebSocket');
		const problems: string[] = [];
		for (const { page } of [ann, bob]) page.on('pageerror', (error) => problems.push(error.message));
		const frames = async () => (await received(bob.page)).frames;
		for (const [passing, words] of [
			[['sse', 'long-poll', 'short-poll'], /Server-sent events.*The WebSocket (is blocked|was lost)/],
			[['long-poll', 'short-poll'], /Long polling.*Server-sent events/],
			[['short-poll'], /Short polling.*Long polls are cut off/],
			[['websocket', 'sse', 'long-poll', 'short-poll'], /Link\s*WebSocket/]
		] as const) {
			const before = await frames();
			server.proxy.pass(...passing);
			await expect(panel).toContainText(words, { timeout: 30_000 });
			await expectMuteSeen(ann, bob);
			await expect(ann.page.getByText(/You are offline/)).toHaveCount(0);
			await expect(ann.page.getByRole('alert')).toHaveCount(0);
			await expect.poll(frames).toBeGreaterThan(before + 10);
		}
		expect(problems).toEqual([]);
		await ann.page.getByRole('button', { name: 'Leave call' }).click();
		await expect(callRegion(bob.page)).toBeHidden();
	});
});

test('a network that swallows everything: dead streams are left within 7.5 s, and the poll carries when it is back', async ({
	browser
}) => {
	const server = await startServerBehind<TcpProxy>(startTcpProxy);
	const [ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann', { browser }),
		openPerson(server.url, 'Bob', { browser, blockWebSockets: true })
	]);
	try {
		await shareRoom(ann, bob, 'Attic');
		const room = new URL(ann.page.url()).pathname;
		const rungs = [
			{ ...ann, words: 'WebSocket' },
			{ ...bob, words: 'Server-sent events' }
		];
		for (const { page, words } of rungs) {
			await page.getByRole('link', { name: 'Settings' }).first().click();
			await expect(justNow(page)).toContainText(`Just now: ${words}`);
		}
		// Seen in the page, frame by frame: asking from here would be late by up to a second.
		const left = rungs.map(({ page, words }) =>
			page.waitForFunction(
				(carrying) => {
					const line = [...document.querySelectorAll('p')].find((one) => /^Just now/.test(one.innerText));
					return line && !line.innerText.startsWith(`Just now: ${carrying}`) && Date.now();
				},
				words,
				{ polling: 'raf', timeout: 20_000 }
			)
		);
		const darkAt = Date.now();
		server.proxy.blackhole();
		for (const [i, { words }] of rungs.entries()) {
			const leftAt = await (await left[i])?.jsonValue();
			const afterMs = Number(leftAt) - darkAt;
			test.info().annotations.push({ type: 'half-open', description: `${words}: left after ${afterMs} ms` });
			expect(afterMs).toBeLessThan(5_000 + 2_000 + 500);
		}
		server.proxy.restore();
		for (const { page, words } of rungs) {
			await expect(justNow(page)).toContainText(`Just now: ${words}`, { timeout: 20_000 });
		}
		await ann.page.goto(room);
		await bob.page.getByRole('link', { name: 'Attic' }).first().click();
		await messageBox(ann.page).fill('Are you there?');
		await ann.page.getByRole('button', { name: 'Send' }).click();
		await expect(messages(bob.page)).toContainText('Are you there?');
	} finally {
		await Promise.all([ann.close(), bob.close()]);
		await server.stop();
		await server.proxy.close();
	}
});
