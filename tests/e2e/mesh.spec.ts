import { expect, test, type Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { SideName } from './mesh-page';

/** The mesh alone, against the browser's own peer connections: no server, no pages of the product. */
const PAGE = 'https://mesh.test/'; // camera and microphone need a secure page; nothing listens there
const NAMES = ['earlier', 'later'] as const;

let script = '';
test.beforeAll(async () => {
	const built = await build({
		configFile: false,
		logLevel: 'warn',
		build: {
			write: false,
			minify: false,
			target: 'es2022',
			lib: {
				entry: fileURLToPath(new URL('mesh-page.ts', import.meta.url)),
				formats: ['iife'],
				name: 'mesh'
			}
		}
	});
	const [bundle] = Array.isArray(built) ? built : [built];
	const chunk = bundle && 'output' in bundle ? bundle.output[0] : undefined;
	if (!chunk) throw new Error('the page was not built');
	script = chunk.code;
});

test.beforeEach(async ({ page }) => {
	await page.route(`${PAGE}**`, (route) =>
		route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Mesh</title><body></body>' })
	);
	await page.goto(PAGE);
	await page.addScriptTag({ content: script });
});
test.afterEach(({ page }) => page.evaluate(() => window.world.close()));

const facts = (page: Page, name: SideName) => page.evaluate((side) => window.world.sides[side].facts(), name);
const sent = (page: Page) => page.evaluate(() => window.world.sent);
const kinds = async (page: Page) => (await sent(page)).map(({ from, kind }) => `${from} ${kind}`);
const offers = async (page: Page) => (await sent(page)).filter(({ kind }) => kind === 'offer');

async function start(page: Page, wanted = { microphone: true, camera: true }) {
	await page.evaluate((wish) => window.world.start(wish), wanted);
}

/** Frames of the other side are decoded and go on coming, on each of these sides. */
async function expectFrames(page: Page, names: readonly SideName[] = NAMES) {
	for (const name of names) {
		await expect.poll(async () => (await facts(page, name)).connectionState).toBe('connected');
		const before = (await facts(page, name)).framesDecoded;
		await expect
			.poll(async () => (await facts(page, name)).framesDecoded, { message: `frames at ${name}` })
			.toBeGreaterThan(before + 3);
	}
}

/** Both sides have come to rest, and the last descriptions of both agree. */
async function expectStable(page: Page) {
	for (const name of NAMES) {
		await expect.poll(async () => (await facts(page, name)).signalingState).toBe('stable');
	}
}

test('two devices connect, see and hear each other', async ({ page }) => {
	await start(page);
	await expectFrames(page);
	expect((await kinds(page)).slice(0, 2)).toEqual(['later offer', 'later candidates']);
	expect(await offers(page)).toHaveLength(1);
	for (const name of NAMES) {
		await expect.poll(async () => (await facts(page, name)).totalAudioEnergy).toBeGreaterThan(0);
		const now = await facts(page, name);
		expect(now).toMatchObject({ connected: 1, failed: [], path: 'host' });
		await expect.poll(async () => (await facts(page, name)).roundTripMs).not.toBeNull();
		await expect.poll(async () => (await facts(page, name)).bitrateBps).toBeGreaterThan(0);
		await expect.poll(async () => (await facts(page, name)).videoWidth).toBeGreaterThan(0);
	}
	expect(await page.evaluate(() => window.world.reports)).toEqual([]);
});

test('camera off stops the frames and on brings them back, without negotiation', async ({ page }) => {
	await start(page);
	await expectFrames(page);
	const before = (await sent(page)).filter(({ kind }) => kind !== 'candidates').length;
	await page.evaluate(() => window.world.setCamera('later', false));
	await expect
		.poll(async () => {
			const first = (await facts(page, 'earlier')).framesDecoded;
			await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
			return (await facts(page, 'earlier')).framesDecoded - first;
		})
		.toBe(0);
	await expectFrames(page, ['later']);
	// The page may draw its tiles anew meanwhile: the other is heard all the same.
	await page.evaluate(() => window.world.playAnew('earlier'));
	await expect.poll(async () => (await facts(page, 'earlier')).playedSeconds).toBeGreaterThan(0);
	await page.evaluate(() => window.world.setCamera('later', true));
	await expectFrames(page);
	expect((await sent(page)).filter(({ kind }) => kind !== 'candidates')).toHaveLength(before);
});

test('without any camera the other is heard, and a camera turned on later is seen', async ({ page }) => {
	await start(page, { microphone: true, camera: false });
	for (const name of NAMES) {
		await expect.poll(async () => (await facts(page, name)).totalAudioEnergy).toBeGreaterThan(0);
		await expect.poll(async () => (await facts(page, name)).playedSeconds).toBeGreaterThan(0);
	}
	await page.evaluate(() => window.world.setCamera('later', true));
	await expectFrames(page, ['earlier']);
	await expect.poll(async () => (await facts(page, 'earlier')).videoWidth).toBeGreaterThan(0);
	expect(await offers(page)).toHaveLength(1);
});

test('with no device at all one still receives', async ({ page }) => {
	await page.evaluate(() => window.world.start({ microphone: true, camera: true }, ['later']));
	await expectFrames(page, ['earlier']);
	await expect.poll(async () => (await facts(page, 'later')).connectionState).toBe('connected');
});

for (const name of NAMES) {
	test(`an ICE restart by the ${name} one changes the credentials of both, and media goes on`, async ({
		page
	}) => {
		await start(page);
		await expectFrames(page);
		const before = await sent(page);
		const known = new Set(before.map(({ ufrag }) => ufrag));
		await page.evaluate((side) => window.world.restartIce(side), name);
		for (const side of NAMES) {
			const newest = async () =>
				(await sent(page)).filter(({ from, kind }) => from === side && kind !== 'candidates').at(-1)?.ufrag;
			await expect.poll(async () => known.has((await newest()) ?? null)).toBe(false);
		}
		await expectStable(page);
		expect((await sent(page))[before.length]).toMatchObject({ from: name, kind: 'offer' });
		await expectFrames(page);
	});
}

test('glare: both restart at once, again and again, and both end stable with media', async ({ page }) => {
	await start(page);
	await expectFrames(page);
	for (let round = 0; round < 5; round += 1) {
		const before = (await offers(page)).length;
		await page.evaluate(() => window.world.restartIce('earlier', 'later'));
		await expect.poll(async () => (await offers(page)).length).toBeGreaterThanOrEqual(before + 2);
		await expectStable(page);
	}
	await expectFrames(page);
	expect((await facts(page, 'earlier')).failed).toEqual([]);
	expect((await facts(page, 'later')).failed).toEqual([]);
});

for (const name of NAMES) {
	test(`the mailbox of the ${name} one begins anew: both negotiate anew and media flows again`, async ({
		page
	}) => {
		await start(page);
		await expectFrames(page);
		await page.evaluate((side) => window.world.raiseEpoch(side), name);
		const renewed = { earlier: { from: 1, to: 2 }, later: { from: 2, to: 1 } }[name];
		await expect.poll(async () => (await offers(page)).at(-1)?.epochs).toEqual(renewed);
		await expectFrames(page);
		for (const side of NAMES) {
			const played = (await facts(page, side)).playedSeconds;
			await expect.poll(async () => (await facts(page, side)).playedSeconds).toBeGreaterThan(played);
			expect(await facts(page, side)).toMatchObject({ connected: 1, failed: [] });
		}
	});
}

for (const name of NAMES) {
	test(`the ${name} one has no hope for its connection: both open another, and media flows again`, async ({
		page
	}) => {
		await start(page);
		await expectFrames(page);
		await page.evaluate((side) => window.world.spoil(side), name);
		await expect.poll(async () => (await offers(page)).at(-1)?.attempt).toBe(1);
		await expectFrames(page);
		for (const side of NAMES) {
			const played = (await facts(page, side)).playedSeconds;
			await expect.poll(async () => (await facts(page, side)).playedSeconds).toBeGreaterThan(played);
			expect(await facts(page, side)).toMatchObject({ connected: 1, failed: [] });
		}
	});
}

test('a mailbox that begins anew in the middle of the first exchange only costs that exchange', async ({
	page
}) => {
	await start(page);
	await expect.poll(async () => (await offers(page)).length).toBe(1);
	await page.evaluate(() => {
		window.world.raiseEpoch('earlier');
		window.world.raiseEpoch('later');
	});
	await expectFrames(page);
	expect((await offers(page)).at(-1)?.epochs).toEqual({ from: 2, to: 2 });
});

test('a network that drops everything for a while: ICE restarts by itself and media comes back', async ({
	page
}) => {
	const network = await page.context().newCDPSession(page);
	const drop = (packetLoss: number) =>
		network.send('Network.emulateNetworkConditions', {
			offline: false,
			latency: 1,
			downloadThroughput: -1,
			uploadThroughput: -1,
			packetLoss,
			packetQueueLength: 100
		});
	await network.send('Network.enable');
	await drop(0); // it acts on sockets that are opened while it is on
	await start(page);
	await expectFrames(page);
	await drop(100);
	await expect.poll(async () => (await offers(page)).length, { timeout: 20_000 }).toBeGreaterThan(1);
	await drop(0);
	await expectFrames(page);
	expect(await page.evaluate(() => window.world.reports)).toContainEqual(
		expect.stringContaining('new network path')
	);
});
