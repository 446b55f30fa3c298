import { expect, test, type Page } from '@playwright/test';
import { accept, callRegion, messageBox, messages } from '../fixtures/call-page';
import { startCluster, type Cluster } from '../fixtures/balancer';
import { expectMedia, openRoom, received, type BrowserPerson } from '../fixtures/people';

/** A deploy under people who talk: two servers behind a balancer, replaced one after the other. */
let cluster: Cluster;
let ann: BrowserPerson;
let bob: BrowserPerson;

test.describe.configure({ mode: 'serial', timeout: 120_000 });
test.beforeAll(async ({ browser }) => {
	cluster = await startCluster(2, { PARLEY_DRAIN_SECONDS: '3' });
	[ann, bob] = await openRoom(cluster.url, browser, ['Ann', 'Bob'], 'Observatory');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
	await cluster?.close();
});

const TROUBLE = /offline|wrong|fail|error|reconnect|lost|trouble|not reach|unavailable/i;
/** Frames that do not rise for so long would be seen as a picture that stands. */
const MOST_STILL_MS = 1_500;

/** Looks all the time at what this page tells its person, and at the picture that it shows. */
function watch(page: Page): { stop(): Promise<{ told: string[]; stillMs: number; problems: string[] }> } {
	const told = new Set<string>();
	const problems: string[] = [];
	page.on('pageerror', (error) => problems.push(String(error)));
	let on = true;
	let stillMs = 0;
	const looking = (async () => {
		let last = { frames: -1, at: performance.now() };
		while (on) {
			const texts = await page.getByRole('status').or(page.getByRole('alert')).allInnerTexts();
			for (const text of texts) if (text.trim()) told.add(text.trim());
			const { frames } = await received(page);
			const now = performance.now();
			if (frames > last.frames) last = { frames, at: now };
			stillMs = Math.max(stillMs, now - last.at);
		}
	})();
	return {
		async stop() {
			on = false;
			await looking;
			return { told: [...told], stillMs, problems };
		}
	};
}

test('a rolling restart interrupts no call, and tells nobody of trouble', async () => {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	const watching = [watch(ann.page), watch(bob.page)];
	const before = cluster.given();

	for (const at of [0, 1]) {
		await cluster.stop(at);
		// What is done while only one is there is seen by the other.
		const [mute, told] = at === 0 ? ['Mute microphone', /Ann is muted/] : ['Unmute microphone', null];
		await ann.page.getByRole('button', { name: mute }).click();
		if (told) await expect(callRegion(bob.page).getByText(told).first()).toBeAttached();
		else await expect(callRegion(bob.page).getByText(/Ann is muted/)).toHaveCount(0);
		await cluster.start(at);
	}
	// A message, as an ordinary thing to do afterwards.
	await messageBox(ann.page).fill('Still here?');
	await ann.page.getByRole('button', { name: 'Send' }).click();
	await expect(messages(bob.page).getByText('Still here?')).toBeVisible();

	for (const one of watching) {
		const { told, stillMs, problems } = await one.stop();
		expect(told.filter((text) => TROUBLE.test(text))).toEqual([]);
		expect(problems).toEqual([]);
		expect(stillMs).toBeLessThan(MOST_STILL_MS);
	}
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	const given = cluster.given().map((count, at) => count - (before[at] ?? 0));
	expect(Math.min(...given)).toBeGreaterThan(0);
	expect(cluster.output()).not.toMatch(/"level"/);
});
