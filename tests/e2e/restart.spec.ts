import { expect, test } from '@playwright/test';
import { accept, callRegion, incoming } from '../fixtures/call-page';
import { makeDue } from '../fixtures/deadlines';
import { expectMedia, openPerson, received, shareRoom, type BrowserPerson } from '../fixtures/people';
import { startServer, type TestServer } from '../fixtures/server';

/** Deadlines and leases are rows: what was due while the server was dead happens when it is back. */
const RING_LIFETIME_SECONDS = 8;

let server: TestServer;
let ann: BrowserPerson;
let bob: BrowserPerson;
let roomId: string;

test.describe.configure({ mode: 'serial', timeout: 90_000 });
test.beforeAll(async ({ browser }) => {
	server = await startServer({
		RING_LIFETIME_SECONDS: String(RING_LIFETIME_SECONDS),
		RECONNECT_GRACE_SECONDS: '4'
	});
	[ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann', { browser }),
		openPerson(server.url, 'Bob') // his is killed
	]);
	roomId = await shareRoom(ann, bob, 'Observatory');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
	await server?.stop();
});

test('a call that rang when the server was killed is missed on its deadline', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(incoming(bob.page)).toBeVisible();
	await server.crash();
	await server.startAgain();
	await expect(incoming(bob.page)).toBeHidden({ timeout: 20_000 });
	await expect(bob.page.getByRole('link', { name: /Calls.*1 missed/ }).first()).toBeVisible();
	await expect(ann.page.getByText(/Bob did not answer/).first()).toBeVisible();
	await expect(callRegion(ann.page)).toBeHidden();
});

test('a call outlives the server: media goes on, and what is done afterwards is seen', async () => {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await server.crash();
	const before = (await received(bob.page)).frames;
	await expect.poll(async () => (await received(bob.page)).frames).toBeGreaterThan(before + 10);

	// A page that cannot be loaded now must not take the call's place.
	await expect(ann.page.getByText(/You are offline/)).toBeVisible();
	await ann.page
		.getByRole('link', { name: /^Calls/ })
		.first()
		.click();
	await expect(ann.page.getByText(/Your call goes on/)).toBeVisible();
	await expect(ann.page.getByRole('heading', { name: 'Observatory' })).toBeVisible();

	await server.startAgain();
	await ann.page.getByRole('button', { name: 'Mute microphone' }).click();
	const region = callRegion(bob.page);
	await expect(region.getByText(/Ann is muted/).first()).toBeAttached({ timeout: 20_000 });
	await expectMedia(bob.page);
});

test('a device that dies is seen as reconnecting, then has left, and the call ends', async () => {
	await bob.browser.close();
	await makeDue(server.database, roomId, { leaseOf: bob.username });
	const region = callRegion(ann.page);
	await expect(region.getByText(/reconnecting/i).first()).toBeAttached();
	await expect(region).toBeHidden({ timeout: 15_000 }); // the grace is a real one
	await ann.page
		.getByRole('link', { name: /^Calls/ })
		.first()
		.click();
	await expect(ann.page.getByRole('main').getByRole('listitem').first()).toContainText(/Answered/);
});
