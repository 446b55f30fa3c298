import { expect, type Page } from '@playwright/test';
import type { RoomCallState } from '../../src/lib/call/core/connection-report';
import {
	accept,
	callRegion,
	decline,
	fact,
	incoming,
	messageBox,
	messages,
	reaction
} from '../fixtures/call-page';
import { makeDue } from '../fixtures/deadlines';
import { expectMedia, openPerson, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

const RING_HERTZ = 659;
const RINGBACK_HERTZ = 425;
/** Of Chromium: what comes first where nobody has a wish. */
const BROWSERS_OWN_CODEC = 'VP8';

/** The other rungs, changing between them in a call, and that nothing waits for a WebSocket: `rungs.spec.ts`. */
const WAYS = [
	{ way: 'over the WebSocket', blockWebSockets: false, link: /WebSocket/, codec: BROWSERS_OWN_CODEC },
	{ way: 'with every WebSocket refused', blockWebSockets: true, link: /Server-sent events/, codec: 'VP9' }
] as const;

const openConnections = (page: Page) =>
	page.evaluate(() =>
		window.observed.peers
			.filter(({ signalingState }) => signalingState !== 'closed')
			.map(({ iceGatheringState, localDescription }) => ({ iceGatheringState, localDescription }))
	);

for (const { way, blockWebSockets, link, codec } of WAYS) {
	test.describe(`two people talk, ${way}`, () => {
		test.describe.configure({ mode: 'serial' });
		let ann: BrowserPerson;
		let bob: BrowserPerson;
		let roomId: string;

		test.beforeAll(async ({ server }) => {
			[ann, bob] = await Promise.all([
				openPerson(server.url, 'Ann', { blockWebSockets }),
				openPerson(server.url, 'Bob', { blockWebSockets })
			]);
			if (codec !== BROWSERS_OWN_CODEC) {
				// There as soon as the page knows what this browser can.
				await bob.page.goto('/settings');
				await bob.page.getByLabel('Video codec').selectOption(codec);
			}
			roomId = await shareRoom(ann, bob, 'Kitchen');
		});
		test.afterAll(async () => {
			await Promise.all([ann?.close(), bob?.close()]);
		});

		test('messages are delivered live', async () => {
			await messageBox(ann.page).fill('Do you have a minute?');
			await ann.page.getByRole('button', { name: 'Send' }).click();
			await expect(messages(bob.page)).toContainText('Do you have a minute?');
		});

		test('A calls B by video, B sees who calls and accepts, both see and hear each other', async () => {
			await ann.page.getByRole('button', { name: 'Start video call' }).click();
			await expect(incoming(bob.page)).toContainText('Ann');
			await expect(ann.page.getByRole('button', { name: 'Cancel call' })).toBeVisible();
			// It rings here, and there one hears that it does.
			await bob.page.waitForFunction((hertz) => window.observed.tones.includes(hertz), RING_HERTZ);
			await ann.page.waitForFunction((hertz) => window.observed.tones.includes(hertz), RINGBACK_HERTZ);
			await accept(bob.page);
			await expect(incoming(bob.page)).toBeHidden();

			await expect(callRegion(ann.page).getByLabel(/^Bob['’]s video$/)).toBeVisible();
			await expect(callRegion(bob.page).getByLabel(/^Ann['’]s video$/)).toBeVisible();
			await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);

			await bob.page.waitForFunction(() => window.observed.firstFrameAt > 0);
			const afterMs = await bob.page.evaluate(
				() => window.observed.firstFrameAt - window.observed.acceptedAt
			);
			test.info().annotations.push({ type: 'accept to first frame', description: `${way}: ${afterMs} ms` });
		});

		test('the status panel says which way signals travel and what the connection does', async () => {
			const { page } = ann;
			await page.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
			const panel = page.getByRole('region', { name: 'Call status' });
			await expect(panel).toContainText(link);
			await expect(panel).toContainText('connected');
			await expect(panel).toContainText('stable');
			await expect(panel).toContainText(/host|prflx/);
			await expect(panel).toContainText(/\d+ ms/);
			// Both ways, though one of them alone has asked for it.
			await expect(fact(panel, 'Video codec')).toHaveText(codec);
			await expect(panel.getByRole('img', { name: /^Round trip: \d+ ms/ })).toBeVisible();
			await panel.getByText('What happened').click();
			await expect(panel.getByRole('list', { name: 'What happened' })).toContainText(
				'Bob: connection connected'
			);
			await page.getByRole('toolbar').getByRole('button', { name: 'Call status' }).click();
			await expect(panel).toBeHidden();
		});

		test('another program reads how they are connected: states, path, and candidates counted', async ({
			server
		}) => {
			const input = encodeURIComponent(JSON.stringify({ roomId }));
			const state = async () => {
				const answer = await ann.context.request.get(`${server.url}/trpc/calls.state?input=${input}`);
				return ((await answer.json()) as { result: { data: RoomCallState } }).result.data;
			};
			const found = { host: expect.any(Number), srflx: 0, prflx: 0, relay: 0 };
			const end = {
				connectionState: 'connected',
				signalingState: 'stable',
				path: expect.stringMatching(/^(host|prflx)$/),
				candidates: { local: found, remote: found },
				restarts: 0,
				why: null
			};
			await expect
				.poll(async () => (await state()).connections, { timeout: 15_000 })
				.toEqual([expect.objectContaining(end), expect.objectContaining(end)]);
			const { call, connections } = await state();
			expect(call?.devices.map(({ deviceId }) => deviceId)).toEqual(
				connections.map(({ peerDeviceId }) => peerDeviceId)
			);
			for (const { candidates } of connections) {
				expect(candidates.local.host).toBeGreaterThan(0);
				expect(candidates.remote.host).toBeGreaterThan(0);
			}
		});

		test('mute and camera off show on the other side', async () => {
			await ann.page.getByRole('button', { name: 'Mute microphone' }).click();
			await expect(
				callRegion(bob.page)
					.getByText(/Ann is muted/)
					.first()
			).toBeAttached();
			await ann.page.getByRole('button', { name: 'Unmute microphone' }).click();
			await expect(callRegion(bob.page).getByText(/Ann is muted/)).toHaveCount(0);

			await ann.page.getByRole('button', { name: 'Turn camera off' }).click();
			await expect(callRegion(bob.page).getByLabel(/^Ann['’]s video$/)).toBeHidden();
			await ann.page.getByRole('button', { name: 'Turn camera on' }).click();
			await expect(callRegion(bob.page).getByLabel(/^Ann['’]s video$/)).toBeVisible();
			await expectMedia(bob.page);
		});

		test('a reaction, by the keyboard, is seen on both tiles', async () => {
			const { page } = bob;
			const button = page.getByRole('toolbar').getByRole('button', { name: 'React' });
			await button.focus();
			await page.keyboard.press('Enter');
			await expect(page.getByRole('button', { name: 'Thumbs up' })).toBeFocused();
			await page.keyboard.press('ArrowRight');
			await Promise.all([
				expect(reaction(ann.page, 'Bob reacts with a heart')).toBeVisible(),
				expect(reaction(page, 'You react with a heart')).toBeVisible(),
				page.keyboard.press('Enter')
			]);
			await page.keyboard.press('Escape');
			await expect(button).toBeFocused();
		});

		test('a reload comes back to the call', async () => {
			await bob.page.reload();
			await expect(callRegion(bob.page).getByLabel(/^Ann['’]s video$/)).toBeVisible({ timeout: 15_000 });
			await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
		});

		test('A leaves; both histories show an answered call, its direction and its duration', async () => {
			await expect(ann.page.getByRole('timer')).toHaveText(/\d+:\d\d/);
			await ann.page.getByRole('button', { name: 'Leave call' }).click();
			await expect(callRegion(ann.page)).toBeHidden();
			await expect(callRegion(bob.page)).toBeHidden();
			for (const [person, direction, other] of [
				[ann, 'Outgoing', 'Bob'],
				[bob, 'Incoming', 'Ann']
			] as const) {
				await person.page
					.getByRole('link', { name: /^Calls/ })
					.first()
					.click();
				await expect(person.page.getByRole('heading', { name: 'Calls' })).toBeVisible();
				const row = person.page.getByRole('main').getByRole('listitem').first();
				await expect(row).toContainText(new RegExp(direction, 'i'));
				await expect(row).toContainText(other);
				await expect(row).toContainText(/\d+ s|\d+:\d\d|\d+ sec/);
				await expect(row).not.toContainText(/missed|declined|failed/i);
				await person.page.goBack();
				await expect(person.page.getByRole('heading', { name: 'Kitchen' })).toBeVisible();
			}
		});

		test('A calls, B declines, and A is told so', async () => {
			await ann.page.getByRole('button', { name: 'Start video call' }).click();
			// What is ready for whoever accepts looks for no path, and nobody sees, hears or presses anything of it.
			await expect
				.poll(() => openConnections(bob.page))
				.toEqual([{ iceGatheringState: 'new', localDescription: null }]);
			await expect(bob.page.locator('section[aria-label="Call"]')).toBeHidden();
			await decline(bob.page);
			await expect(ann.page.getByText(/Bob declined/).first()).toBeVisible();
			await expect.poll(() => openConnections(bob.page)).toEqual([]);
			await expect(callRegion(ann.page)).toBeHidden();
		});

		test('A calls, B does nothing: missed on its deadline, with a badge that survives a reload', async ({
			server
		}) => {
			await ann.page.getByRole('button', { name: 'Start audio call' }).click();
			await expect(incoming(bob.page)).toContainText('Ann');
			await makeDue(server.database, roomId, { ring: 'everybody' });
			await expect(incoming(bob.page)).toBeHidden();
			await expect(ann.page.getByText(/Bob did not answer/).first()).toBeVisible();
			const badge = bob.page.getByRole('link', { name: /Calls.*1 missed/ }).first();
			await expect(badge).toBeVisible();
			await bob.page.reload();
			await expect(badge).toBeVisible();
			await badge.click();
			await bob.page.getByRole('tab', { name: 'Missed' }).click();
			await expect(bob.page.getByRole('main').getByRole('listitem').first()).toContainText('Ann');
			await expect(badge).toBeHidden();
		});
	});
}
