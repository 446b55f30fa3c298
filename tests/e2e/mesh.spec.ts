import { expect, test, type Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { reaction } from '../../src/lib/call/core/channel-message';
import type { ShownSize } from '../../src/lib/call/core/shown-size';
import { MAX_SDP_LENGTH } from '../../src/lib/call/core/signal-body';
import { bundle, openScript } from '../fixtures/scripted-page';
import type { SideName } from './mesh-page';

/** The mesh alone, against the browser's own peer connections: no server, no pages of the product. */
const NAMES = ['earlier', 'later'] as const;
/** Both ends are to do the same; each run of the tests sees it of one, the long one of both. */
const oneOf = (name: (typeof NAMES)[number]) => (process.env.LONG ? NAMES : [name]);

let script = '';
test.beforeAll(async () => {
	script = await bundle(fileURLToPath(new URL('mesh-page.ts', import.meta.url)));
});

test.beforeEach(({ page }) => openScript(page, script));
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

/** What either side says by the channel, the other one hears, whole and in order. */
async function expectHeard(page: Page) {
	for (const name of NAMES) {
		await expect
			.poll(() => page.evaluate((side) => window.world.talk(side), name), { message: `said by ${name}` })
			.toEqual(reaction.options);
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
	await expectHeard(page);
	// Whether the first candidates are gathered before the answer comes is the machine's business.
	const said = await kinds(page);
	expect(said[0]).toBe('later offer');
	expect(said).toEqual(expect.arrayContaining(['later candidates', 'earlier candidates']));
	expect(said.filter((one) => !one.endsWith('candidates'))).toEqual(['later offer', 'earlier answer']);
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

test('each is sent the picture in the codec that it likes best', async ({ page }) => {
	await page.evaluate(() => {
		window.world.prefer('earlier', 'av1');
		window.world.prefer('later', 'vp9');
	});
	await start(page);
	await expectFrames(page);
	await expect.poll(async () => (await facts(page, 'earlier')).codecs).toEqual(['AV1']);
	await expect.poll(async () => (await facts(page, 'later')).codecs).toEqual(['VP9']);
	expect(await offers(page)).toHaveLength(1);
});

test('a camera is sent as large as it is shown, not at all while it is not, and at once when it is again', async ({
	page
}) => {
	await start(page);
	await expectFrames(page);
	const show = (size: ShownSize) => page.evaluate((shown) => window.world.show('later', shown), size);
	await show(90);
	// Not exactly: a browser on a machine that is full sends still less by itself.
	await expect.poll(async () => (await facts(page, 'later')).videoHeight).toBeLessThanOrEqual(90);
	await expect.poll(async () => (await facts(page, 'earlier')).videoHeight).toBeGreaterThan(180);
	await show(0);
	await expect
		.poll(async () => {
			const { framesDecoded } = await facts(page, 'later');
			await expectFrames(page, ['earlier']);
			return (await facts(page, 'later')).framesDecoded - framesDecoded;
		})
		.toBe(0);
	const { totalAudioEnergy } = await facts(page, 'later');
	await expect
		.poll(async () => (await facts(page, 'later')).totalAudioEnergy)
		.toBeGreaterThan(totalAudioEnergy);
	await show(360);
	await expectFrames(page, ['later']);
	await expect.poll(async () => (await facts(page, 'later')).videoHeight).toBeGreaterThan(180);
	expect(await offers(page)).toHaveLength(1);
	expect(await page.evaluate(() => window.world.reports)).toEqual([]);
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

test('a screen comes beside the camera, from both at once, without negotiation, and goes again', async ({
	page
}) => {
	await start(page);
	await expectFrames(page);
	for (const name of NAMES) await page.evaluate((side) => window.world.setScreen(side, true), name);
	for (const name of NAMES) {
		await expect.poll(async () => (await facts(page, name)).screenWidth).toBe(400);
		// The camera's own, which grows as the path is found to be wide.
		expect([320, 480, 640]).toContain((await facts(page, name)).videoWidth);
	}
	await page.evaluate(() => window.world.setScreen('later', false));
	await expect.poll(async () => (await facts(page, 'earlier')).screenWidth).toBe(0);
	expect((await facts(page, 'later')).screenWidth).toBe(400);
	// Again, on another track.
	await page.evaluate(() => window.world.setScreen('later', true));
	await expect.poll(async () => (await facts(page, 'earlier')).screenWidth).toBe(400);
	expect(await offers(page)).toHaveLength(1);
	await expectFrames(page);
	// Browsers with more codecs than this one say more.
	const lengths = (await sent(page)).map(({ sdpLength }) => sdpLength);
	test.info().annotations.push({ type: 'longest SDP', description: `${Math.max(...lengths)} characters` });
	expect(Math.max(...lengths)).toBeLessThan(0.6 * MAX_SDP_LENGTH);
});

for (const name of oneOf('later')) {
	test(`a connection that is made while the ${name} one shares a screen brings it`, async ({ page }) => {
		const other = name === 'earlier' ? 'later' : 'earlier';
		await page.evaluate((side) => window.world.setScreen(side, true), name);
		await start(page);
		await expect.poll(async () => (await facts(page, other)).screenWidth).toBe(400);
		await page.evaluate((side) => window.world.raiseEpoch(side), name);
		await expect.poll(async () => (await offers(page)).length).toBe(2);
		await expectFrames(page);
		await expect.poll(async () => (await facts(page, other)).screenWidth).toBe(400);
		expect((await facts(page, name)).screenWidth).toBe(0);
	});
}

test('with no device at all one still receives', async ({ page }) => {
	await page.evaluate(() => window.world.start({ microphone: true, camera: true }, ['later']));
	await expectFrames(page, ['earlier']);
	await expect.poll(async () => (await facts(page, 'later')).connectionState).toBe('connected');
});

for (const name of oneOf('earlier')) {
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
		await expectHeard(page);
		expect(await facts(page, name)).toMatchObject({ reachable: 1 });
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

for (const name of oneOf('later')) {
	test(`the mailbox of the ${name} one begins anew: both negotiate anew and media flows again`, async ({
		page
	}) => {
		await start(page);
		await expectFrames(page);
		await page.evaluate((side) => window.world.raiseEpoch(side), name);
		const renewed = { earlier: { from: 1, to: 2 }, later: { from: 2, to: 1 } }[name];
		await expect.poll(async () => (await offers(page)).at(-1)?.epochs).toEqual(renewed);
		await expectFrames(page);
		await expectHeard(page);
		for (const side of NAMES) {
			const played = (await facts(page, side)).playedSeconds;
			await expect.poll(async () => (await facts(page, side)).playedSeconds).toBeGreaterThan(played);
			expect(await facts(page, side)).toMatchObject({ connected: 1, failed: [] });
		}
	});
}

for (const name of oneOf('earlier')) {
	test(`the ${name} one has no hope for its connection: both open another, and media flows again`, async ({
		page
	}) => {
		await start(page);
		await expectFrames(page);
		await page.evaluate((side) => window.world.spoil(side), name);
		await expect.poll(async () => (await offers(page)).at(-1)?.attempt).toBe(1);
		await expectFrames(page);
		await expectHeard(page);
		expect(await facts(page, name)).toMatchObject({ reachable: 2 });
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
