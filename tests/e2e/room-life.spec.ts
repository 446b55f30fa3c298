import { expect } from '@playwright/test';
import { expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** What a room tells when nobody looks at it: what is unread, what calls there were, and how the next one rings. */
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	await shareRoom(ann, bob, 'Pantry');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

const log = ({ page }: BrowserPerson) => page.getByRole('log', { name: 'Messages' });
const pantry = ({ page }: BrowserPerson) => page.getByRole('link', { name: /Pantry/ }).first();

async function write({ page }: BrowserPerson, text: string): Promise<void> {
	await page.getByRole('textbox', { name: 'Message' }).fill(text);
	await page.keyboard.press('Enter');
}
async function setRing({ page }: BrowserPerson, label: string): Promise<void> {
	await page.getByRole('button', { name: 'Room settings' }).click();
	await page.getByRole('radio', { name: label }).check();
	await page.keyboard.press('Escape');
	await expect(page.getByRole('dialog')).toBeHidden();
}

test('what came while one was elsewhere is counted, marked where it begins, and read on all devices at once', async () => {
	const second = await bob.context.newPage();
	await Promise.all([bob.page.goto('/calls'), second.goto('/')]);
	await write(ann, 'Are there any plums?');
	await write(ann, 'And pears?');
	for (const page of [bob.page, second]) {
		await expect(page.getByRole('link', { name: /Pantry.*2 unread/ }).first()).toBeVisible();
	}
	await pantry(bob).click();
	await expect(log(bob)).toContainText(/New.*Are there any plums\?.*And pears\?/s);
	await expect(second.getByRole('link', { name: /Pantry/ }).first()).not.toContainText('unread');
	await second.close();
	// What comes while one looks is read as it comes.
	await write(ann, 'Never mind.');
	await expect(log(bob)).toContainText('Never mind.');
	await bob.page.reload();
	await expect(log(bob)).toContainText('Never mind.');
	await expect(log(bob)).not.toContainText('New');
	await expect(pantry(bob)).not.toContainText('unread');
});

test('a missed call stands in the messages, and so does one that was answered', async () => {
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(bob.page.getByRole('alertdialog', { name: 'Incoming call' })).toBeVisible();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(log(bob)).toContainText('Missed audio call from Ann');
	await expect(log(ann)).toContainText('You cancelled your audio call');

	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await bob.page.getByRole('alertdialog').getByRole('button', { name: 'Accept', exact: true }).click();
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	for (const one of [ann, bob]) await expect(log(one)).toContainText(/Video call, \d+ s/);
});

test('a room set to silent shows its calls without a ring; one set to nothing shows them in its header', async () => {
	await setRing(bob, 'Show it silently');
	await bob.page.evaluate(() => (window.observed.tones.length = 0));
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	const line = bob.page.getByRole('alertdialog', { name: 'Incoming call' });
	await expect(line).toContainText('Ann is calling');
	// It covers nothing: the page goes on being used.
	await write(bob, 'Not now, please');
	await expect(log(ann)).toContainText('Not now, please');
	expect(await bob.page.evaluate(() => window.observed.tones)).toEqual([]);
	await line.getByRole('button', { name: 'Accept' }).click();
	await expect(bob.page.getByRole('timer')).toBeVisible();
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(bob.page.getByRole('timer')).toBeHidden();

	await setRing(bob, 'Nothing');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await expect(bob.page.getByRole('button', { name: 'Join call' })).toBeVisible();
	await expect(line).toBeHidden();
	await ann.page.getByRole('button', { name: 'Cancel call' }).click();
	await expect(bob.page.getByRole('button', { name: 'Join call' })).toBeHidden();
	await expect(log(bob).getByText('Missed audio call from Ann')).toHaveCount(2);
	await setRing(bob, 'Ring');
});

test('an invite link that was taken back leads nowhere', async () => {
	const roomId = new URL(ann.page.url()).pathname.split('/').at(-1) ?? '';
	const { origin } = new URL(ann.page.url());
	const made = await ann.page.request.post('/trpc/rooms.inviteCode', {
		data: { roomId },
		headers: { origin }
	});
	const { result } = (await made.json()) as { result: { data: { code: string } } };
	await ann.page.getByRole('button', { name: 'Room settings' }).click();
	await ann.page.getByRole('button', { name: 'Take back the invite link' }).click();
	await expect(ann.page.getByText('The link that was given out leads nowhere now.')).toBeVisible();
	await ann.page.keyboard.press('Escape');
	await bob.page.goto(`/join/${result.data.code}`);
	await expect(bob.page.getByRole('button', { name: 'Join room' })).toHaveCount(0);
	await expect(bob.page.getByRole('main')).toContainText(/invite|link/i);
	// Who only takes part may not.
	await bob.page.goto(`/rooms/${roomId}`);
	await bob.page.getByRole('button', { name: 'Room settings' }).click();
	await expect(bob.page.getByRole('dialog')).toBeVisible();
	await expect(bob.page.getByRole('button', { name: 'Take back the invite link' })).toHaveCount(0);
});
