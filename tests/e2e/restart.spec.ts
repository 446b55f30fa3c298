import { expect, test } from '@playwright/test';
import { accept, callRegion, incoming, messages, react, reaction, write } from '../fixtures/call-page';
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

/** What the room has of what people wrote, in its order. */
async function kept(): Promise<string[]> {
	const rows = await server.database.sql<
		{ body: string }[]
	>`select body from messages where room_id = ${roomId} and call_id is null order by n`;
	return rows.map(({ body }) => body);
}

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

	// What is written meanwhile is read in the call at once.
	const texts = [
		[ann, 'Is the server gone?'],
		[bob, 'It must be.'],
		[ann, 'But I hear you.']
	] as const;
	for (const [{ page }, text] of texts) {
		await write(page, text);
		for (const one of [ann, bob]) await expect(messages(one.page).getByText(text)).toHaveCount(1);
	}
	await expect(messages(ann.page)).toContainText('Seen in the call');
	await Promise.all([
		expect(reaction(ann.page, 'Bob reacts with a thumbs up')).toBeVisible(),
		react(bob.page, 'Thumbs up')
	]);
	const drawn = await messages(bob.page).getByText('But I hear you.').elementHandle();
	expect(await kept()).toEqual([]);

	await server.startAgain();
	// Once it is there, the room has it by itself: once, and each person's own in their order.
	await expect.poll(async () => (await kept()).length, { timeout: 20_000 }).toBe(texts.length);
	for (const { page, name } of [ann, bob]) {
		const own = texts.flatMap<string>(([author, text]) => (author.name === name ? [text] : []));
		expect((await kept()).filter((body) => own.includes(body))).toEqual(own);
		await expect(messages(page).getByText(/Sending|Waiting|Seen in the call|Only seen/)).toHaveCount(0);
		for (const [, text] of texts) await expect(messages(page).getByText(text)).toHaveCount(1);
	}
	// The line that Bob has read is still the same one: it was not read aloud again.
	expect(await drawn?.evaluate((node) => node.isConnected)).toBe(true);
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
