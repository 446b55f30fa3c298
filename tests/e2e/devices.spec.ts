import { expect } from '@playwright/test';
import { accept, callRegion, incoming } from '../fixtures/call-page';
import { expectMedia, openPerson, received, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** Denied or missing devices are explained, and the call goes on with what there is. */
let ann: BrowserPerson;

test.beforeAll(async ({ server, browser }) => {
	ann = await openPerson(server.url, 'Ann', { browser });
});
test.afterAll(() => ann?.close());

/** Ann rings this person by video; afterwards they have gone, and the call with them. */
async function ring(bob: BrowserPerson, work: () => Promise<void>): Promise<void> {
	try {
		await shareRoom(ann, bob, 'Workshop');
		await ann.page.getByRole('button', { name: 'Start video call' }).click();
		await work();
		await ann.page.getByRole('button', { name: 'Leave call' }).click();
		await expect(callRegion(bob.page)).toBeHidden();
	} finally {
		await bob.close();
	}
}

// What a browser has for devices is said as it starts: theirs is one of their own.
for (const { devices, words, isHeard } of [
	{ devices: 'denied', words: /blocked|not allowed|denied/i, isHeard: false },
	{ devices: 'no camera', words: /no camera|not found/i, isHeard: true }
] as const) {
	test(`${devices}: it is said in words, and the call goes on with what there is`, async ({ server }) => {
		const bob = await openPerson(server.url, 'Bob', { devices });
		await ring(bob, async () => {
			await accept(bob.page);
			await expect(callRegion(bob.page).getByText(words).first()).toBeVisible();
			await expectMedia(bob.page);
			await expect(bob.page.getByRole('timer')).toBeVisible();

			const muted = callRegion(ann.page).getByText(/Bob is muted/);
			if (isHeard) await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(0);
			else await expect(muted.first()).toBeAttached();
			expect((await received(ann.page)).frames).toBe(0);
		});
	});
}

test('accept without video sends sound only, and the camera can be turned on later', async ({
	server,
	browser
}) => {
	const bob = await openPerson(server.url, 'Bob', { browser });
	await ring(bob, async () => {
		await incoming(bob.page).getByRole('button', { name: 'Accept without video' }).click();
		await expectMedia(bob.page);
		await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(0);
		expect((await received(ann.page)).frames).toBe(0);
		await bob.page.getByRole('button', { name: 'Turn camera on' }).click();
		await expectMedia(ann.page);
	});
});
