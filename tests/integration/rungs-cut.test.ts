import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LEASE_RENEW_INTERVAL_MS } from '../../src/lib/call/core/limits';
import type { PageEvent } from '../../src/lib/link/page-events';
import { openProgram, type Program } from '../fixtures/programs';
import { startServer, type TestServer } from '../fixtures/server';
import { openPair, openWays, sendFrom, standOn, textsAt, until, type Pair } from './rungs-world';

/**
 * How long nobody hears anything when the way that carries breaks. Ann's way is sound and she sends all the time; Bob's
 * breaks. `LONG=1` takes more samples and prints them.
 */
const SAMPLES = process.env.LONG ? 20 : 3;
const SEND_EVERY_MS = 10;

let server: TestServer;
let pair: Pair;
let callId: string;
/** The device of Bob's that is in the call. */
let inCall: string;
let renewal: ReturnType<typeof setInterval> | undefined;
beforeAll(async () => {
	server = await startServer();
	pair = await openPair(server, { rung: null });
	callId = await pair.call();
	inCall = pair.bob.deviceId();
	renewal = setInterval(() => {
		const renew = (who: keyof Pair['people'], deviceId: string) =>
			pair.people[who].api.calls.renew.mutate({ callId, deviceId }).catch(() => {});
		void renew('ann', pair.ann.deviceId());
		void renew('bob', inCall);
	}, LEASE_RENEW_INTERVAL_MS);
});
afterAll(async () => {
	clearInterval(renewal);
	pair?.close();
	await server?.stop();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** Another device of Bob's in the same call, reached by ways that can be broken; some may be from the beginning. */
async function openBob(refused: readonly ('websocket' | 'sse')[] = [], link = {}) {
	const ways = await openWays(server);
	for (const way of refused) ways[way].refuse(true);
	const bob = openProgram(ways.ways, pair.bobToken.token, link);
	ends.push(
		() => ways.close(),
		() => bob.close()
	);
	return { ways, bob };
}

async function joinCall(bob: Program) {
	const media = { microphoneEnabled: true, cameraEnabled: false };
	await until(() => expect(bob.link.deviceId).not.toBeNull());
	const deviceId = bob.deviceId();
	await pair.people.bob.api.calls.join.mutate({ callId, deviceId, replaces: inCall, ...media });
	inCall = deviceId;
}

/** Sends without end. @returns when the first signal came to Bob that was sent after the way broke, and how to stop */
function keepSending(bob: Program) {
	let sent = 0;
	const timer = setInterval(() => sendFrom(pair.ann, bob, callId, String((sent += 1))), SEND_EVERY_MS);
	const sentSoFar = () => sent;
	return {
		sentSoFar,
		async stop() {
			clearInterval(timer);
			const all = Array.from({ length: sent }, (_, i) => String(i + 1));
			await until(() => expect(textsAt(bob)).toHaveLength(sent));
			expect(textsAt(bob)).toEqual(all);
		}
	};
}

/** @returns milliseconds from the break to the first signal that was sent after it */
async function gapAfter(bob: Program, breakWay: () => void): Promise<number> {
	const sending = keepSending(bob);
	await until(() => expect(textsAt(bob).length).toBeGreaterThan(5));
	const mark = sending.sentSoFar();
	const brokenAt = performance.now();
	breakWay();
	let heardAt = 0;
	await until(() => {
		const i = bob.news.findIndex(
			(one) => one.type === 'signal' && Number(Buffer.from(one.signal.envelope.body, 'base64')) > mark
		);
		expect(i).toBeGreaterThan(0);
		heardAt = bob.at[i] ?? 0;
	});
	await sending.stop();
	return heardAt - brokenAt;
}

test.each([
	['websocket', []],
	['sse', ['websocket']],
	['long-poll', ['websocket', 'sse']]
] as const)(
	'%s is cut: the next rung brings what comes after within a second, and nothing is lost',
	async (rung, refused) => {
		const gaps: number[] = [];
		for (let i = 0; i < SAMPLES; i += 1) {
			const { ways, bob } = await openBob(refused);
			await joinCall(bob);
			await standOn(rung, bob);
			const way = ways[rung === 'long-poll' ? 'poll' : rung];
			gaps.push(
				await gapAfter(bob, () => {
					// A poll is asked anew on the same way; a stream stays away.
					if (rung !== 'long-poll') way.refuse(true);
					way.cut();
				})
			);
			bob.close();
		}
		gaps.sort((a, b) => a - b);
		if (process.env.LONG) console.log(rung, 'cut to next signal, ms:', gaps.map(Math.round).join(' '));
		expect(gaps[Math.floor(SAMPLES / 2)]).toBeLessThan(1_000);
	},
	120_000
);

test.each(['websocket', 'sse'] as const)(
	'%s on a network that swallows everything: left after ping and pong, and the poll carries when it is back',
	async (rung) => {
		const { ways, bob } = await openBob(rung === 'sse' ? ['websocket'] : [], {
			pingIntervalMs: 600,
			pongTimeoutMs: 300,
			pollSlackMs: 1_000
		});
		await joinCall(bob);
		await standOn(rung, bob);
		const darkAt = performance.now();
		for (const proxy of [ways.websocket, ways.sse, ways.poll]) proxy.blackhole();
		sendFrom(pair.ann, bob, callId, 'into the dark');
		await until(() => expect(bob.link.status.rung).not.toBe(rung));
		expect(performance.now() - darkAt).toBeLessThan(600 + 300 + 500);
		await until(() => expect(bob.link.status.rung).toBe('none'));
		for (const proxy of [ways.websocket, ways.sse, ways.poll]) proxy.restore();
		await until(() => expect(textsAt(bob)).toEqual(['into the dark']));
		await standOn(rung, bob);
	},
	30_000
);

test('long polls that are cut off on the way give way to short ones, which bring everything', async () => {
	const { ways, bob } = await openBob(['websocket', 'sse']);
	await joinCall(bob);
	await standOn('long-poll', bob);
	// As a proxy with a short patience does: whatever stands for 300 ms is cut.
	const timer = setInterval(() => ways.poll.cut(), 300);
	ends.push(() => clearInterval(timer));
	await standOn('short-poll', bob);
	expect(bob.link.status.why).toContain('Long polls are cut off on the way.');
	for (let i = 1; i <= 20; i += 1) sendFrom(pair.ann, bob, callId, String(i));
	await until(() => expect(textsAt(bob)).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1))));
});

test('a way that refuses upgrades for good is asked more and more rarely, not in a tight loop', async () => {
	const begun = performance.now();
	const { ways, bob } = await openBob(['websocket'], { random: () => 0.5 });
	await until(() => expect(ways.websocket.accepted()).toBe(3));
	// Half of each wait's range: 1 s after the first refusal, 1.5 s after the second.
	expect(performance.now() - begun).toBeGreaterThan(2_400);
	expect(bob.link.status).toMatchObject({ rung: 'sse', why: 'The WebSocket is blocked.' });
});

test('a tab that is hidden outside a call holds no connection for server-sent events or long polls', async () => {
	let tell: (event: PageEvent) => void = () => {};
	const watchPage = (report: typeof tell) => {
		tell = report;
		return () => {};
	};
	const { ways, bob } = await openBob(['websocket'], { watchPage });
	await standOn('sse', bob);
	tell('hidden');
	await standOn('short-poll', bob);
	await until(() => expect(ways.sse.connections()).toBe(0));
	expect(bob.link.status.why).toBe('The WebSocket is blocked. This tab is in the background.');
	bob.link.setInCall(true);
	await standOn('sse', bob);
	bob.link.setInCall(false);
	await standOn('short-poll', bob);
	tell('woken');
	await standOn('sse', bob);
});
