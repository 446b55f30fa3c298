import { expect } from '@playwright/test';
import { accept, forgetTones, heard, incoming, messages, write } from '../fixtures/call-page';
import { ask, expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** What a room tells when nobody looks at it: what is unread, what calls there were, and how the next one rings. */
let ann: BrowserPerson;
let bob: BrowserPerson;
let roomId: string;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	roomId = await shareRoom(ann, bob, 'Pantry');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

const pantry = ({ page }: BrowserPerson) => page.getByRole('link', { name: /Pantry/ }).first();

async function setRing({ page }: BrowserPerson, label: string): Promise<void> {
	await page.getByRole('button', { name: 'Room settings' }).click();
	await page.getByRole('radio', { name: label }).check();
	await page.keyboard.press('Escape');
	await expect(page.getByRole('dialog')).toBeHidden();
}

test('what came while one was elsewhere is counted, marked where it begins, and read on all devices at once', async ({
	server
}) => {
	const second = await bob.context.newPage();
	await Promise.all([bob.page.goto('/calls'), second.goto('/')]);
	await write(ann.page, 'Are there any plums?');
	await write(ann.page, 'And pears?');
	for (const page of [bob.page, second]) {
		await expect(page.getByRole('link', { name: /Pantry.*2 unread/ }).first()).toBeVisible();
	}
	await pantry(bob).click();
	await expect(messages(bob.page)).toContainText(/New.*Are there any plums\?.*And pears\?/s);
	await expect(second.getByRole('link', { name: /Pantry/ }).first()).not.toContainText('unread');
	await second.close();
	// What comes while one looks is read as it comes.
	await write(ann.page, 'Never mind.');
	await expect(messages(bob.page)).toContainText('Never mind.');
	// When the server knows: a page that is loaded before finds it new.
	const unread = async () => {
		const [row] = await server.database.sql<{ unread: number }[]>`
			select rooms.last_n - last_read as unread from room_members
			join rooms on rooms.id = room_id join users on users.id = user_id
			where room_id = ${roomId} and username = ${bob.username}`;
		return row?.unread;
	};
	await expect.poll(unread).toBe(0);
	await bob.page.reload();
	await expect(messages(bob.page)).toContainText('Never mind.');
	await expect(messages(bob.page)).not.toContainText('New');
	await expect(pantry(bob)).not.toContainText('unread');
});

test('a missed call stands in the messages, and so does one that was answered', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(incoming(bob.page)).toBeVisible();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(messages(bob.page)).toContainText('Missed audio call from Ann');
	await expect(messages(ann.page)).toContainText('You cancelled your audio call');

	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	for (const one of [ann, bob]) await expect(messages(one.page)).toContainText(/Video call, \d+ s/);
});

test('a room set to silent shows its calls without a ring; one set to nothing shows them in its header', async () => {
	await setRing(bob, 'Show it silently');
	await forgetTones(bob.page);
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	const line = incoming(bob.page);
	await expect(line).toContainText('Ann is calling');
	// It covers nothing: the page goes on being used.
	await write(bob.page, 'Not now, please');
	await expect(messages(ann.page)).toContainText('Not now, please');
	expect(await heard(bob.page)).toEqual([]);
	await accept(bob.page);
	await expect(bob.page.getByRole('timer')).toBeVisible();
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(bob.page.getByRole('timer')).toBeHidden();

	await setRing(bob, 'Nothing');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(bob.page.getByRole('button', { name: 'Join call' })).toBeVisible();
	await expect(line).toBeHidden();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(bob.page.getByRole('button', { name: 'Join call' })).toBeHidden();
	await expect(messages(bob.page).getByText('Missed audio call from Ann')).toHaveCount(2);
	await setRing(bob, 'Ring');
});

test('an invite link that was taken back leads nowhere', async () => {
	const { code } = await ask<{ code: string }>(ann.page, 'rooms.inviteCode', { roomId });
	await ann.page.getByRole('button', { name: 'Room settings' }).click();
	await ann.page.getByRole('button', { name: 'Take back the invite link' }).click();
	await expect(ann.page.getByText('The link that was given out leads nowhere now.')).toBeVisible();
	await ann.page.keyboard.press('Escape');
	await bob.page.goto(`/join/${code}`);
	await expect(bob.page.getByRole('main')).toContainText('This invite link is not valid any more.');
	await expect(bob.page.getByRole('button', { name: 'Join room' })).toHaveCount(0);
	// Who only takes part may not.
	await bob.page.goto(`/rooms/${roomId}`);
	await bob.page.getByRole('button', { name: 'Room settings' }).click();
	await expect(bob.page.getByRole('dialog')).toBeVisible();
	await expect(bob.page.getByRole('button', { name: 'Take back the invite link' })).toHaveCount(0);
});
