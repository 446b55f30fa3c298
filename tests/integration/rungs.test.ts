import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { startServer, type TestServer } from '../fixtures/server';
import {
	newestCall,
	numbered,
	openPair,
	openWays,
	RUNGS,
	sendFrom,
	standOn,
	textsAt,
	until,
	type Pair
} from './rungs-world';

/**
 * What a device is promised is the same on every rung, and while it changes from one to another: the same story, with
 * the link's own code, against the built server.
 */
let server: TestServer;
beforeAll(async () => {
	server = await startServer();
});
afterAll(() => server?.stop());

const WAYS = [...RUNGS, 'switching'] as const;

/** Breaks and mends ways at random, always from the same seed, until it is stopped. */
function breakWays(ways: Awaited<ReturnType<typeof openWays>>, seed: number) {
	const proxies = [ways.websocket, ways.sse, ways.poll];
	const draw = fc.sample(fc.tuple(fc.nat(2), fc.nat(3)), { numRuns: 400, seed });
	let i = 0;
	const act = () => {
		const [which, what] = draw[i++ % draw.length] ?? [0, 0];
		const proxy = proxies[which];
		if (what === 0) proxy?.cut();
		else proxy?.refuse(what === 1);
		if (what === 1) proxy?.cut();
	};
	const timer = setInterval(act, 60);
	return () => {
		clearInterval(timer);
		for (const proxy of proxies) proxy.refuse(false);
	};
}

// All ways at once, each test of one after the other: most of their time is waiting.
describe.concurrent.each(WAYS)('%s', (way) => {
	let pair: Pair;
	let ways: Awaited<ReturnType<typeof openWays>> | undefined;
	let callId: string;
	let stopBreaking = () => {};

	beforeAll(async () => {
		ways = way === 'switching' ? await openWays(server) : undefined;
		const rung = way === 'switching' ? null : way;
		pair = await openPair(server, { rung, ...(ways ? { ways: ways.ways } : {}) });
		if (ways) stopBreaking = breakWays(ways, 20_263);
	});
	afterAll(async () => {
		stopBreaking();
		pair?.close();
		await ways?.close();
	});

	test.sequential('carries the state first, and says that it does', async () => {
		const { ann, bob } = pair;
		if (way === 'switching') await until(() => expect(bob.link.status.rung).not.toBe('none'));
		else await standOn(way, ann, bob);
		await until(() => {
			const first = bob.news.find((one) => one.type !== 'status' && one.type !== 'device');
			expect(first).toMatchObject({ type: 'state', state: { rooms: [{ name: 'Ann' }], calls: [] } });
		});
	});

	test.sequential('a call rings, is accepted, and both see it active', async () => {
		const { ann, bob } = pair;
		callId = await pair.call();
		for (const program of [ann, bob]) {
			await until(() =>
				expect(newestCall(program, callId)).toMatchObject({ phase: 'active', devices: [{}, {}] })
			);
		}
	});

	test.sequential('300 signals one way and 100 the other: each once, in order', async () => {
		const { ann, bob } = pair;
		const forth = numbered('forth', 300);
		const back = numbered('back', 100);
		// In bursts, with time between them for whatever happens to the way meanwhile.
		for (let burst = 0; burst < 10; burst += 1) {
			for (const text of forth.slice(burst * 30, (burst + 1) * 30)) sendFrom(ann, bob, callId, text);
			for (const text of back.slice(burst * 10, (burst + 1) * 10)) sendFrom(bob, ann, callId, text);
			await new Promise((resolve) => setTimeout(resolve, way === 'switching' ? 200 : 20));
		}
		await until(() => expect(textsAt(bob)).toHaveLength(300));
		await until(() => expect(textsAt(ann)).toHaveLength(100));
		expect(textsAt(bob)).toEqual(forth);
		expect(textsAt(ann)).toEqual(back);
		const rungs = bob.news.flatMap((one) => (one.type === 'status' ? [one.status.rung] : []));
		if (way === 'switching') expect(new Set(rungs).size).toBeGreaterThan(2);
		else expect(new Set(rungs)).toEqual(new Set(['none', way]));
	});

	test.sequential("a room's message arrives", async () => {
		const { ann, bob, roomId } = pair;
		const id = crypto.randomUUID();
		await ann.link.api.messages.send.mutate({ roomId, id, body: 'Do you have a minute?' });
		await until(() => {
			const heads = bob.news.flatMap((one) =>
				one.type === 'room' ? [one.room] : one.type === 'state' ? one.state.rooms : []
			);
			expect(heads.at(-1)?.lastN).toBe(1);
		});
	});

	test.sequential(
		'the mailbox begins anew: one epoch, the call says so, and what is sent then arrives',
		async () => {
			const { ann, bob } = pair;
			bob.keepsAcks = true;
			const before = textsAt(bob).length;
			sendFrom(ann, bob, callId, 'never acknowledged');
			await until(() => expect(textsAt(bob)).toHaveLength(before + 1));
			const { sql } = server.database;
			await sql`update signals set expires_at = now() where mailbox_id = ${bob.deviceId()}`;
			await until(() => expect(bob.news.filter((one) => one.type === 'epoch')).toHaveLength(1));
			bob.keepsAcks = false;
			await until(() => {
				const call = newestCall(ann, callId);
				expect(call?.devices.find((one) => one.deviceId === bob.deviceId())).toMatchObject({ epoch: 2 });
			});
			sendFrom(ann, bob, callId, 'in the new epoch');
			await until(() => expect(textsAt(bob).at(-1)).toBe('in the new epoch'));
			expect(bob.news.filter((one) => one.type === 'epoch')).toEqual([{ type: 'epoch', epoch: 2 }]);
			const last = bob.news.findLast((one) => one.type === 'signal');
			expect(last).toMatchObject({ signal: { epoch: 2, seq: 1 } });
		}
	);

	test.sequential('the device is forgotten: another one takes its place', async () => {
		const { bob, people } = pair;
		const replaces = bob.deviceId();
		const { deviceId } = await people.bob.api.inbox.open.mutate();
		const media = { microphoneEnabled: true, cameraEnabled: false };
		await people.bob.api.calls.join.mutate({ callId, deviceId, replaces, ...media });
		await until(() => expect(bob.link.deviceId).not.toBe(replaces));
		await until(() => expect(bob.link.deviceId).not.toBeNull());
		await until(() => expect(bob.link.status.rung).not.toBe('none'));
		expect(bob.news.filter((one) => one.type === 'device')).toHaveLength(2);
	});

	test.sequential(
		'its token is revoked: signed out within a second, or with the next short poll',
		async () => {
			const { bob, people, bobToken } = pair;
			stopBreaking();
			await until(() => expect(bob.link.status.rung).not.toBe('none'));
			await people.bob.api.tokens.revoke.mutate({ tokenId: bobToken.id });
			const revokedAt = performance.now();
			await until(() => expect(bob.news.at(-1)).toEqual({ type: 'signed-out' }));
			const took = (bob.at.at(-1) ?? 0) - revokedAt;
			expect(took).toBeLessThan(way === 'short-poll' ? 2_000 : 1_000);
			expect(bob.link.status).toMatchObject({ rung: 'none' });
			expect(bob.news.filter((one) => one.type === 'signed-out')).toHaveLength(1);
			// Every item of the whole story had its event id, and was one we know.
			expect([...pair.ann.problems, ...bob.problems]).toEqual([]);
		}
	);
});

test('the server is killed and comes back: every rung resumes, and what was sent meanwhile arrives once', async () => {
	const pairs = await Promise.all(
		RUNGS.map(async (rung) => ({ rung, ...(await openPair(server, { rung })) }))
	);
	try {
		const calls = await Promise.all(pairs.map((pair) => pair.call()));
		await Promise.all(pairs.map(({ rung, ann, bob }) => standOn(rung, ann, bob)));
		await server.crash();
		const texts = numbered('while it is away', 20);
		pairs.forEach(({ ann, bob }, i) => texts.forEach((text) => sendFrom(ann, bob, calls[i] ?? '', text)));
		await server.startAgain();
		await Promise.all(pairs.map(({ bob }) => until(() => expect(textsAt(bob)).toEqual(texts))));
		await Promise.all(pairs.map(({ rung, ann, bob }) => standOn(rung, ann, bob)));
	} finally {
		for (const pair of pairs) pair.close();
	}
}, 40_000);
