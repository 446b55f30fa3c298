import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';
import { accept, decline, incoming, messages, write } from '../fixtures/call-page';
import { joinByLink, openPerson, PASSWORD, shareRoomByHand, type BrowserPerson } from '../fixtures/people';
import type { TestServer } from '../fixtures/server';
import { test } from '../fixtures/shared-server';

/** Accounts, rooms and messages as people use them. */
let server: TestServer;
let ann: BrowserPerson;
let bob: BrowserPerson;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server: shared, browser }) => {
	server = shared;
	[ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann', { browser, byHand: true }),
		openPerson(server.url, 'Bob', { browser })
	]);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

test('a wrong password is told in words, and the right one leads where one wanted to go', async () => {
	const { page } = ann;
	await page.getByRole('button', { name: 'Account menu' }).first().click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
	await page.goto('/calls');
	await expect(page).toHaveURL(/\/login\?next=/);
	await page.getByLabel('Username').fill(ann.username);
	await page.getByLabel('Password').fill('not the password');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByText('The username or password is not right.')).toBeVisible();
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { name: 'Calls' })).toBeVisible();
});

test('a taken username and a weak password are told at their fields', async () => {
	const context = await bob.browser.newContext({ baseURL: server.url });
	const page = await context.newPage();
	await page.goto('/register');
	await page.getByLabel('Username').fill(ann.username);
	await page.getByLabel('Display name').fill('Another Ann');
	await page.getByLabel('Password').fill('password1234');
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page.getByText(/too easy to guess/)).toBeVisible();
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page.getByText(/username is taken/)).toBeVisible();
	await context.close();
});

test('a room with nobody else offers no call, and says what to do', async () => {
	const { page } = ann;
	await page.goto('/');
	await page.getByRole('button', { name: 'New room' }).first().click();
	await page.getByLabel('Room name').fill('Cellar');
	await page.getByRole('button', { name: 'Create room' }).click();
	await expect(messages(ann.page)).toContainText('invite somebody');
	await expect(page.getByRole('button', { name: 'Start audio call' })).toBeDisabled();
});

test('a room by its invite link, with messages both ways, in order and once', async () => {
	await shareRoomByHand(ann, bob, 'Library');
	for (let n = 1; n <= 4; n++) await write((n % 2 ? ann : bob).page, `line ${n} of the story`);
	for (const person of [ann, bob]) {
		for (let n = 1; n <= 4; n++) {
			await expect(messages(person.page).getByText(`line ${n} of the story`)).toHaveCount(1);
		}
	}
	await expect(ann.page.getByRole('list', { name: 'Members' })).toContainText('Bob');
});

test('who was on another page and came back reads on', async () => {
	await bob.page.getByRole('link', { name: 'Settings' }).first().click();
	await expect(bob.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
	await bob.page.getByRole('link', { name: 'Library' }).first().click();
	await expect(messages(bob.page)).toContainText('line 4 of the story');
	await write(ann.page, 'line 5 of the story');
	await expect(messages(bob.page).getByText('line 5 of the story')).toHaveCount(1);
});

test('what is written without a network is kept, and sent once when it is back', async () => {
	await bob.context.setOffline(true);
	await write(bob.page, 'from the tunnel');
	await expect(messages(bob.page)).toContainText('from the tunnel');
	await expect(
		bob.page.getByText('You are offline. What you write is sent when you are back.')
	).toBeVisible();
	await bob.context.setOffline(false);
	await expect(messages(ann.page).getByText('from the tunnel')).toHaveCount(1);
	await expect(messages(bob.page).getByText('from the tunnel')).toHaveCount(1);
});

test('who is offline stays where they are', async () => {
	const { page, context } = bob;
	await context.setOffline(true);
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await expect(page.getByText('You are offline just now.')).toBeVisible();
	await expect(messages(page)).toContainText('from the tunnel');
	await context.setOffline(false);
});

test('who has no network goes on where the server answers all the same', async () => {
	const { page } = bob;
	const room = page.url();
	// What a browser without a network says; this one keeps the way to a server on the same machine, as they do.
	await page.evaluate(() => Object.defineProperty(navigator, 'onLine', { configurable: true, value: false }));
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
	await page.goBack();
	await expect(messages(page)).toContainText('from the tunnel');
	expect(page.url()).toBe(room);
	await page.goForward();
	await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
	await page.goto(room);
});

test('a page that does not come says why, and comes by itself when it can', async () => {
	const { page } = bob;
	const room = page.url();
	await page.route('**/*', (route) => route.abort());
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await expect(page.getByRole('heading', { name: 'Out of reach' })).toBeVisible();
	expect((await new AxeBuilder({ page }).setLegacyMode().analyze()).violations).toEqual([]);
	await page.getByRole('button', { name: 'Try again' }).click();
	await expect(page.getByText('Still out of reach.')).toBeVisible();
	await page.unroute('**/*');
	await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
	await page.goto(room);
});

test('earlier messages are paged back', async () => {
	const roomId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? '';
	await server.database.sql`
		insert into messages (room_id, n, id, author_id, body)
		select ${roomId}, last_n + k, gen_random_uuid(), (select id from users where username = ${ann.username}), 'note ' || k
		from rooms, generate_series(1, 120) k where rooms.id = ${roomId}`;
	await server.database.sql`update rooms set last_n = last_n + 120 where id = ${roomId}`;
	await bob.page.reload();
	await expect(messages(bob.page).getByText('note 120', { exact: true })).toBeVisible();
	await expect(messages(bob.page).getByText('line 1 of the story')).toHaveCount(0);
	await expect(async () => {
		await messages(bob.page).evaluate((node) => node.scrollTo(0, 0));
		const more = bob.page.getByRole('button', { name: 'Show earlier messages' });
		// By then the scrolling may have brought the rest, and the button is gone.
		if (await more.isVisible()) await more.click({ timeout: 500 });
		await expect(messages(bob.page).getByText('line 1 of the story')).toHaveCount(1, { timeout: 500 });
	}).toPass();
	await expect(messages(bob.page).getByText('note 1', { exact: true })).toHaveCount(1);
});

test('who is not in a room sees what anybody sees of a room that is not there', async () => {
	await ann.page.goto('/');
	await ann.page.getByRole('button', { name: 'New room' }).first().click();
	await ann.page.getByLabel('Room name').fill('Private');
	await ann.page.getByRole('button', { name: 'Create room' }).click();
	await expect(ann.page.getByRole('heading', { name: 'Private' })).toBeVisible();
	const secret = new URL(ann.page.url()).pathname;
	const seen: string[] = [];
	for (const path of [secret, `/rooms/${crypto.randomUUID()}`]) {
		expect((await bob.page.goto(path))?.status()).toBe(404);
		seen.push(await bob.page.getByRole('main').innerText());
	}
	expect(seen[0]).toBe(seen[1]);
	await bob.page.goto('/join/no-such-invite');
	await expect(bob.page.getByText(/not valid any more/).first()).toBeVisible();
});

test('a direct room: one for both, whoever opens it, and a call that ends when either leaves', async () => {
	for (const [from, to] of [
		[ann, bob],
		[bob, ann]
	] as const) {
		await from.page.goto('/');
		await from.page.getByRole('button', { name: 'Message someone' }).first().click();
		await from.page.getByLabel('Username').fill(to.username);
		await from.page.getByRole('button', { name: 'Open room' }).click();
		await expect(from.page.getByRole('heading', { name: to.name })).toBeVisible();
	}
	expect(new URL(ann.page.url()).pathname).toBe(new URL(bob.page.url()).pathname);
	await expect(ann.page.getByRole('button', { name: 'Copy invite link' })).toHaveCount(0);

	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await expect(ann.page.getByRole('timer')).toBeVisible();
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(ann.page.getByRole('timer')).toBeHidden();
});

test('call back from the history', async () => {
	await bob.page.goto('/calls');
	await bob.page
		.getByRole('button', { name: /^Call back/ })
		.first()
		.click();
	await expect(incoming(ann.page)).toContainText('Bob');
	await bob.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(incoming(ann.page)).toBeHidden();
	await expect(ann.page.getByRole('link', { name: /Calls.*1 missed/ }).first()).toBeVisible();
});

test('a call of three: the third joins by the header, and the host ends it for everyone', async () => {
	const cat = await openPerson(server.url, 'Cat', { browser: ann.browser });
	try {
		await joinByLink(cat.page, await shareRoomByHand(ann, bob, 'Workshop'));
		await ann.page.getByRole('button', { name: 'Start audio call' }).click();
		await accept(bob.page);
		await decline(cat.page);
		await cat.page.getByRole('button', { name: 'Join call' }).click();
		for (const { page } of [ann, bob, cat]) {
			await expect(page.getByRole('list', { name: 'Participants' }).getByRole('listitem')).toHaveCount(3);
		}
		await ann.page.getByRole('button', { name: 'End call for everyone' }).click();
		for (const { page } of [ann, bob, cat]) await expect(page.getByRole('timer')).toBeHidden();
	} finally {
		await cat.close();
	}
});

test('an owner removes a member, who is told; and leaves', async () => {
	await ann.page.getByRole('button', { name: 'Remove Bob' }).click();
	await ann.page.getByRole('button', { name: 'Remove', exact: true }).click();
	await expect(ann.page.getByRole('list', { name: 'Members' })).not.toContainText('Bob');
	await expect(bob.page.getByRole('heading', { name: 'Workshop' })).toBeHidden();

	await ann.page.getByRole('button', { name: 'Leave room' }).click();
	await ann.page
		.getByRole('dialog')
		.or(ann.page.getByRole('alertdialog'))
		.getByRole('button', { name: 'Leave room' })
		.click();
	await expect(ann.page.getByRole('heading', { name: 'Rooms' })).toBeVisible();
	await expect(ann.page.getByRole('link', { name: /Workshop/ })).toHaveCount(0);
});

test('a personal token made in the settings works until it is revoked', async () => {
	await ann.page.goto('/settings');
	await ann.page.getByLabel('Token name').fill('missed calls script');
	await ann.page.getByRole('button', { name: 'Create token' }).click();
	const field = ann.page.getByRole('textbox', { name: 'Token', exact: true });
	await expect(field).toHaveValue(/^parley_/);
	const headers = { authorization: `Bearer ${await field.inputValue()}` };
	expect((await fetch(`${server.url}/trpc/calls.missed`, { headers })).status).toBe(200);
	await ann.page.getByRole('button', { name: 'Revoke missed calls script' }).click();
	await ann.page.getByRole('button', { name: 'Revoke token' }).click();
	await expect(ann.page.getByText('missed calls script')).toHaveCount(0);
	expect((await fetch(`${server.url}/trpc/calls.missed`, { headers })).status).toBe(401);
});
