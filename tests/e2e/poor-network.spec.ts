import { expect, test, type Page } from '@playwright/test';
import { accept, callRegion, fact, openStatus, statusPanel, whatHappened } from '../fixtures/call-page';
import { watchFrames } from '../fixtures/frame-watch';
import { expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { startServerBehind, type TestServer } from '../fixtures/server';
import { longestStandstill, STANDSTILL_MS } from '../fixtures/standstill';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';

/** Each way; of the packets, and of the time that one travels. */
const LOSS = 0.05;
const DELAY_MS = 100;
/** Of the ten seconds that the panel tells of, most. */
const ENOUGH_PACKETS = 500;
const CUT_MS = 20_000;

test.describe.configure({ mode: 'serial' });

/** What Chromium does with the packets of a page from now on, those that it sends and those that it gets. */
async function openShaper(
	page: Page
): Promise<(how: { latency: number; packetLoss: number }) => Promise<void>> {
	const network = await page.context().newCDPSession(page);
	await network.send('Network.enable');
	return async (how) => {
		await network.send('Network.emulateNetworkConditions', {
			offline: false,
			downloadThroughput: -1,
			uploadThroughput: -1,
			packetQueueLength: 1_000,
			...how
		});
	};
}

/** The least and the most of so many that a chance of `share` each takes, but for one time in a thousand. */
function binomialInterval(of: number, share: number): { least: number; most: number } {
	const tail = 0.0005;
	let [below, least, most] = [0, 0, of];
	// log P(k) by its neighbour: P(0) itself is too small for thousands.
	let logChance = of * Math.log(1 - share);
	for (let k = 0; k <= of; k++) {
		const before = below;
		below += Math.exp(logChance);
		if (before < tail && below >= tail) least = k;
		if (before < 1 - tail && below >= 1 - tail) most = k;
		logChance += Math.log(((of - k) / (k + 1)) * (share / (1 - share)));
	}
	return { least, most };
}

let server: TestServer & { proxy: TcpProxy };
let people: BrowserPerson[];
let shape: Awaited<ReturnType<typeof openShaper>>;

test.beforeAll(async ({ browser }) => {
	server = await startServerBehind(startTcpProxy, { PARLEY_LIMITS: '100' });
	const [ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	people = [ann, bob];
	await shareRoom(ann, bob, 'Cabin');
	// At one end of the wire: it is the same wire for both. Sockets that are there before know nothing of it.
	shape = await openShaper(ann.page);
	await shape({ latency: DELAY_MS, packetLoss: LOSS * 100 });
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
});
test.afterAll(async () => {
	await Promise.all((people ?? []).map((person) => person.close()));
	await server?.stop();
	await server?.proxy.close();
});

test('a twentieth is lost and all takes 100 ms each way: the call stands, and the panel says so', async () => {
	for (const { page } of people) {
		const panel = await openStatus(page);
		let roundTrip = 0;
		const within = async () => {
			roundTrip = parseInt(await fact(panel, 'Round trip').innerText());
			return roundTrip > 2 * DELAY_MS * 0.75 && roundTrip < 2 * DELAY_MS * 1.25;
		};
		await expect.poll(within, { message: `a round trip of ${2 * DELAY_MS} ms` }).toBe(true);

		let words: RegExpExecArray | null = null;
		await expect
			.poll(async () => {
				words = /^([\d.]+) % \((\d+) of (\d+)\)$/.exec(await fact(panel, 'Packet loss').innerText());
				return Number(words?.[3]);
			})
			.toBeGreaterThan(ENOUGH_PACKETS);
		const [, percent, lost, due] = (words ?? []).map(Number) as [number, number, number, number];
		const { least, most } = binomialInterval(due, LOSS);
		test.info().annotations.push({
			type: 'panel',
			description: `round trip ${roundTrip} ms, ${lost} of ${due} lost; by chance ${least} to ${most}`
		});
		expect(Math.abs(percent - (100 * lost) / due)).toBeLessThan(0.051);
		expect(lost).toBeGreaterThanOrEqual(least);
		expect(lost).toBeLessThanOrEqual(most);
		await expect(fact(panel, 'Connection')).toHaveText('connected');
		await expect(fact(panel, 'ICE restarts')).toHaveText('0');
	}
});

test('for 20 s nothing reaches the server: media goes on, and afterwards nothing is missing', async () => {
	const [ann, bob] = people as [BrowserPerson, BrowserPerson];
	const panel = statusPanel(ann.page);
	await shape({ latency: 0, packetLoss: 0 });
	await expect(panel).toContainText(/Link\s*WebSocket/);
	const watches = await Promise.all(people.map(({ page }) => watchFrames(page)));
	const cutAt = Date.now();
	server.proxy.blackhole();
	await expect(panel).toContainText(/Link\s*Not connected/, { timeout: CUT_MS });
	await ann.page.getByRole('button', { name: 'Mute microphone' }).click();
	await ann.page.waitForTimeout(cutAt + CUT_MS - Date.now()); // how long it lasts is what is tried
	await expect(callRegion(bob.page).getByText(/Ann is muted/)).toHaveCount(0);
	const backAt = Date.now();
	server.proxy.restore();

	await expect(panel).toContainText(/Link\s*WebSocket/, { timeout: 20_000 });
	test.info().annotations.push({ type: 'back until the link is', description: `${Date.now() - backAt} ms` });
	await expect(
		callRegion(bob.page)
			.getByText(/Ann is muted/)
			.first()
	).toBeAttached({ timeout: 20_000 });
	for (const { page } of people) await expect(page.getByText(/is reconnecting/)).toHaveCount(0);
	for (const moments of watches) {
		const { ms, until } = longestStandstill(await moments(), cutAt, Date.now());
		const description = `${ms} ms, until ${(until ?? Infinity) - cutAt} ms after the cut`;
		test.info().annotations.push({ type: 'longest time without a frame', description });
		expect(ms).toBeLessThan(STANDSTILL_MS);
	}
	test
		.info()
		.annotations.push({ type: 'back until all is as before', description: `${Date.now() - backAt} ms` });
	const told = (await whatHappened(panel)).filter((line) => /^Link|restart|connection/.test(line));
	expect(told.findLastIndex((line) => line.startsWith('Link: Not connected'))).toBeGreaterThan(0);
	expect(told[0]).toMatch(/^Link: WebSocket/);
	expect(told.join('\n')).not.toMatch(/disconnected|restart/);
});
