// Two people's pages, for each way that they may come together, in one Chromium. One call after the other, each in a quiet browser.
import { chromium, type Browser, type Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { callRegion, incoming } from '../tests/fixtures/call-page';
import { CHROMIUM, CHROMIUM_ARGS } from '../tests/fixtures/chromium';
import { ask, PASSWORD, shareRoom } from '../tests/fixtures/people';
import { bundle } from '../tests/fixtures/scripted-page';
import type { Marks } from './connect-marks';
import { FRAMES_A_SECOND, type ConnectCommand, type Sight, type Way } from './connect-ways';
import { answerCommands, ROOT } from './programs';

const ARGS = [
	...CHROMIUM_ARGS,
	`--use-fake-device-for-media-stream=fps=${FRAMES_A_SECOND}`,
	'--use-fake-ui-for-media-stream',
	'--autoplay-policy=no-user-gesture-required'
];
/** Nobody answers at once: until then the caller's page has done all it does ahead, and the ring takes presses. */
const RINGS_FOR_MS = 700;
/** What the call before has left behind. */
const REST_MS = 300;

/** The pages of one way, the same one twice where it is one. */
type Pair = {
	callee: Page;
	caller: Page;
	/** Until it rings, both cameras open. */
	ring(): Promise<void>;
	hangUp(): Promise<void>;
};

type Stage = { browser: Browser; close: () => void; pairs: Record<Way, Pair>; blank: Page };
let stage: Stage | null = null;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const bundled = (name: string) => bundle(path.join(ROOT, 'bench', name));

async function begin({ parley, peerJs }: ConnectCommand & { type: 'begin' }): Promise<void> {
	const browser = await chromium.launch({
		executablePath: CHROMIUM,
		chromiumSandbox: process.getuid?.() !== 0,
		args: ARGS
	});
	const [marks, script] = await Promise.all([bundled('connect-marks.ts'), bundled('connect-page.ts')]);
	const own = await serveScript(script);
	/** A world of its own in the browser, as another person has it. */
	async function newPage(baseURL?: string): Promise<Page> {
		const context = await browser.newContext({
			viewport: { width: 1280, height: 800 },
			...(baseURL ? { baseURL } : {})
		});
		await context.addInitScript({ content: marks });
		return context.newPage();
	}
	async function newOwnPage(): Promise<Page> {
		const page = await newPage();
		await page.goto(own.url);
		return page;
	}
	const two = async (open: () => Promise<Page>) => ({ caller: await open(), callee: await open() });
	stage = {
		browser,
		close: own.close,
		blank: await newOwnPage(),
		pairs: {
			'one page': inOnePage(await newOwnPage()),
			PeerJS: await byPeerJs(await two(newOwnPage), peerJs),
			websocket: await byParley(await two(() => newPage(parley)), parley, 'websocket'),
			sse: await byParley(await two(() => newPage(parley)), parley, 'sse'),
			'long-poll': await byParley(await two(() => newPage(parley)), parley, 'long-poll')
		}
	};
}

/** A page with nothing but this in it. */
async function serveScript(script: string): Promise<{ url: string; close: () => void }> {
	const server = createServer(({ url }, response) => {
		const isScript = url === '/script.js';
		response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
		response.end(
			isScript ? script : '<!doctype html><title>Bench</title><body><script src="/script.js"></script>'
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		close() {
			server.close();
			server.closeAllConnections();
		}
	};
}

const openCamera = (page: Page) => page.evaluate(() => window.benchCamera.open());
const closeCamera = (page: Page) => page.evaluate(() => window.benchCamera.close());
const tidyUp = (page: Page) => page.evaluate(() => window.benchPage.tidyUp());

/** The mouse is where it is pressed already, and no more than pressed: what a test looks for around a click is work of the same page. */
async function pointAtAccept(page: Page): Promise<void> {
	const box = await page.getByRole('button', { name: 'Accept', exact: true }).boundingBox();
	if (!box) throw new Error('Nothing rings.');
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
}

async function press(page: Page): Promise<void> {
	await page.mouse.down();
	await page.mouse.up();
}

function inOnePage(page: Page): Pair {
	return {
		callee: page,
		caller: page,
		async ring() {
			await openCamera(page);
			await page.evaluate(() => window.benchPage.ringHere());
		},
		hangUp: () => tidyUp(page)
	};
}

async function byPeerJs({ caller, callee }: Pick<Pair, 'caller' | 'callee'>, server: string): Promise<Pair> {
	await callee.evaluate((url) => window.benchPage.openPeerJs(url, 'Callee'), server);
	await caller.evaluate((url) => window.benchPage.openPeerJs(url, 'Caller'), server);
	return {
		callee,
		caller,
		async ring() {
			await Promise.all([openCamera(caller), openCamera(callee)]);
			const waiting = await callee.evaluateHandle(() => window.benchPage.awaitPeerJs());
			await caller.evaluate(() => window.benchPage.ringByPeerJs());
			await waiting.evaluate(({ ringing }) => ringing);
		},
		async hangUp() {
			await Promise.all([tidyUp(caller), tidyUp(callee)]);
		}
	};
}

async function byParley(
	{ caller, callee }: Pick<Pair, 'caller' | 'callee'>,
	url: string,
	rung: Way
): Promise<Pair> {
	for (const [page, displayName] of [
		[caller, 'Caller'],
		[callee, 'Callee']
	] as const) {
		const username = `${displayName.toLowerCase()}-${rung}`;
		await ask(page, 'auth.register', { username, displayName, password: PASSWORD }, new URL(url));
		await page.goto('/');
	}
	const roomId = await shareRoom({ page: caller, url }, { page: callee }, 'Bench');
	for (const page of [caller, callee]) await page.goto(`/rooms/${roomId}?rung=${rung}`);
	return {
		callee,
		caller,
		async ring() {
			// The page asks for its devices itself, when it is answered: a preview that is open has them open already.
			await openCamera(callee);
			await caller.getByRole('button', { name: 'Start video call' }).click();
			await incoming(callee).waitFor();
		},
		async hangUp() {
			await caller.getByRole('button', { name: 'Leave call' }).click();
			for (const page of [caller, callee]) await callRegion(page).waitFor({ state: 'hidden' });
			await closeCamera(callee);
		}
	};
}

async function connect({ callee, caller, ...pair }: Pair): Promise<Sight> {
	await pair.ring();
	await pause(RINGS_FOR_MS);
	await pointAtAccept(callee);
	const arm = (page: Page, names: ('Caller' | 'Callee')[]) =>
		page.evaluateHandle((those) => window.benchMarks.arm(those), names);
	const watches =
		callee === caller
			? [await arm(callee, ['Caller', 'Callee'])]
			: [await arm(callee, ['Caller']), await arm(caller, ['Callee'])];
	const [, ...seen] = await Promise.all([
		press(callee),
		...watches.map((watch): Promise<Marks> => watch.evaluate(({ seen }) => seen))
	]);
	await pair.hangUp();
	await pause(REST_MS);
	const [first = {}, second = first] = seen;
	return { callee: first, caller: second };
}

async function timeCamera(page: Page): Promise<number> {
	const took = await openCamera(page);
	await closeCamera(page);
	await pause(REST_MS);
	return took;
}

answerCommands<ConnectCommand>(async (command) => {
	if (command.type === 'begin') return begin(command);
	if (!stage) throw new Error('There is no browser yet.');
	switch (command.type) {
		case 'connect':
			return connect(stage.pairs[command.way]);
		case 'camera':
			return timeCamera(stage.blank);
		case 'end':
			stage.close();
			return stage.browser.close();
	}
});
console.log('ready here');
