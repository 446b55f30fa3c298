import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callParticipants, calls } from '../../src/lib/server/db/schema';
import { startServer, type TestServer } from '../fixtures/server';
import { outside, type Login, type Outside } from './doors-fixture';

/** The server is killed while calls ring: each is missed or answered afterwards, and never stuck. */
const KILLS = process.env.LONG ? 200 : 5;
const RING_LIFETIME_MS = 2_000;
const PAIRS = 8;
const MEDIA = { microphoneEnabled: true, cameraEnabled: false };

type Pair = { caller: Login; callee: Login; roomId: string; from: string; to: string };

let server: TestServer;
let from: Outside;
let pairs: Pair[];
beforeAll(async () => {
	server = await startServer({
		RING_LIFETIME_SECONDS: String(RING_LIFETIME_MS / 1_000),
		PARLEY_LIMITS: '100'
	});
	from = outside(server);
	pairs = await Promise.all(
		Array.from({ length: PAIRS }, async () => {
			const [caller, callee] = [await from.login(), await from.login()];
			const { id: roomId } = await from.ask<{ id: string }>(
				'rooms.create',
				{ name: 'A room' },
				caller.headers
			);
			const { code } = await from.ask<{ code: string }>('rooms.inviteCode', { roomId }, caller.headers);
			await from.ask('rooms.join', { code }, callee.headers);
			const [mine, theirs] = [await from.openDevice(caller.headers), await from.openDevice(callee.headers)];
			return { caller, callee, roomId, from: mine.deviceId, to: theirs.deviceId };
		})
	);
}, 60_000);
afterAll(() => server?.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the server has answered. @returns what it refused with, if it did */
async function insist(path: string, input: object, who: Login): Promise<string | null> {
	for (;;) {
		try {
			await from.ask(path, input, who.headers);
			return null;
		} catch (error) {
			// What is not an answer of the API's is no answer: nobody was there, or only half.
			const { message } = error as Error;
			if (message.startsWith(path) && !/unavailable|internal/.test(message)) return message;
			await pause(50);
		}
	}
}

/** Rings, and answers or does not. */
async function ring({ caller, callee, roomId, from: deviceId, to }: Pair) {
	await pause(Math.random() * 1_000);
	const refused = await insist('calls.start', { roomId, deviceId, kind: 'audio', ...MEDIA }, caller);
	const { db } = server.database;
	const live = async () =>
		(await db.select().from(calls).where(eq(calls.roomId, roomId)).orderBy(calls.startedAt)).at(-1)!;
	const { id: callId } = await live();
	const answers = Math.random() < 0.6;
	if (answers) await pause(Math.random() * 2_500);
	const accept = () => insist('calls.accept', { callId, deviceId: to, ...MEDIA }, callee);
	const accepted = answers && (await accept()) === null;

	await expect.poll(async () => (await live()).phase, { timeout: 15_000 }).not.toBe('ringing');
	const call = await live();
	const invited = await db.select().from(callParticipants).where(eq(callParticipants.callId, callId));
	const invite = invited.find(({ role }) => role === 'callee')?.invite;
	expect([refused, call.id]).toEqual([null, callId]);
	// An accept whose answer was lost with the server counts: asked again, it is told that it is in.
	expect([call.phase, call.endReason, invite]).toEqual(
		accepted ? ['active', null, 'accepted'] : ['ended', 'missed', 'missed']
	);
	// A ring that is over is over in time, whoever was killed meanwhile.
	const rangMs = (call.activeAt ?? call.endedAt ?? 0) - call.startedAt;
	if (accepted) {
		expect(rangMs).toBeLessThanOrEqual(RING_LIFETIME_MS);
		await insist('calls.leave', { callId, deviceId }, caller);
	}
	return accepted;
}

test(
	`${KILLS} kills while ${PAIRS} calls ring: each is missed or answered`,
	{ timeout: 60_000 + KILLS * 20_000 },
	async () => {
		const seen = { answered: 0, missed: 0 };
		for (let kill = 0; kill < KILLS; kill += 1) {
			const rings = Promise.all(pairs.map(ring));
			await pause(Math.random() * 2_500);
			await server.crash();
			await pause(Math.random() < 0.5 ? 0 : Math.random() * 2_500);
			await server.startAgain();
			for (const accepted of await rings) seen[accepted ? 'answered' : 'missed'] += 1;
		}
		console.log(`${KILLS} kills`, seen);
		expect(Math.min(seen.answered, seen.missed)).toBeGreaterThan(KILLS);
	}
);
