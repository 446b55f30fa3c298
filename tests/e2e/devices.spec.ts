import { expect, test } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { expectMedia, openPerson, received, shareRoom, type BrowserPerson } from '../fixtures/people';
import { startServer, type TestServer } from '../fixtures/server';

/** Denied or missing devices are explained, and the call goes on with what there is. */
let server: TestServer;
test.beforeAll(async () => {
	server = await startServer({ STUN_URLS: 'none' });
});
test.afterAll(() => server?.stop());

async function withPeople(
	devices: 'denied' | 'no camera',
	work: (ann: BrowserPerson, bob: BrowserPerson) => Promise<void>
) {
	const [ann, bob] = await Promise.all([
		openPerson(server.url, 'Ann'),
		openPerson(server.url, 'Bob', { devices })
	]);
	try {
		await shareRoom(ann, bob, 'Workshop');
		await ann.page.getByRole('button', { name: 'Start video call' }).click();
		await accept(bob.page);
		await work(ann, bob);
	} finally {
		await Promise.all([ann.close(), bob.close()]);
	}
}

for (const { devices, words, isHeard } of [
	{ devices: 'denied', words: /blocked|not allowed|denied/i, isHeard: false },
	{ devices: 'no camera', words: /no camera|not found/i, isHeard: true }
] as const) {
	test(`${devices}: it is said in words, and the call goes on with what there is`, async () => {
		await withPeople(devices, async (ann, bob) => {
			const region = callRegion(bob.page);
			await expect(region.getByText(words).first()).toBeVisible();
			await expectMedia(bob.page);
			await expect(bob.page.getByRole('timer')).toBeVisible();

			const muted = callRegion(ann.page).getByText(/Bob is muted/);
			if (isHeard) await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(0);
			else await expect(muted.first()).toBeAttached();
			expect((await received(ann.page)).frames).toBe(0);
		});
	});
}

test('accept without video sends sound only, and the camera can be turned on later', async () => {
	const [ann, bob] = await Promise.all([openPerson(server.url, 'Ann'), openPerson(server.url, 'Bob')]);
	try {
		await shareRoom(ann, bob, 'Studio');
		await ann.page.getByRole('button', { name: 'Start video call' }).click();
		await bob.page.getByRole('button', { name: 'Accept without video' }).click();
		await expectMedia(bob.page);
		await expect.poll(async () => (await received(ann.page)).audioEnergy).toBeGreaterThan(0);
		expect((await received(ann.page)).frames).toBe(0);
		await bob.page.getByRole('button', { name: 'Turn camera on' }).click();
		await expectMedia(ann.page);
	} finally {
		await Promise.all([ann.close(), bob.close()]);
	}
});
