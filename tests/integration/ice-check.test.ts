import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf, testProduct, type Person, type Product } from '../fixtures/product';

// What the connection check gets of the server before any call.

const TURN = {
	TURN_URLS: 'turn:t.example?transport=udp,turns:t.example:443',
	TURN_SECRET: 'a-shared-secret-16'
};
const STUN = { STUN_URLS: 'stun:s.example' };

let product: Product;
let ann: Person;
let bob: Person;
beforeAll(async () => {
	product = await testProduct({ ...TURN, ...STUN });
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
});
afterAll(() => product.close());

/** The same database under other settings. */
async function underSettings<Answer>(env: Record<string, string>, ask: (someone: Person) => Promise<Answer>) {
	const other = await testProduct(env, product);
	try {
		return await ask(await other.person('Eve'));
	} finally {
		await other.close();
	}
}

describe('ice.check', () => {
	test('gives who is signed in, in no call, credentials that name the check and the person, for a minute at most', async () => {
		const { iceServers, expiresAt, serverNow, relay } = await ann.api.ice.check();
		expect(relay).toBe('given');
		expect(iceServers).toEqual([
			{ urls: ['stun:s.example'] },
			{
				urls: TURN.TURN_URLS.split(','),
				username: `${Number(expiresAt) / 1000}:check:${ann.userId}`,
				credential: expect.any(String)
			}
		]);
		const livesMs = Number(expiresAt) - serverNow;
		expect(livesMs).toBeGreaterThan(55_000);
		expect(livesMs).toBeLessThanOrEqual(60_000);
	});

	test('gives nobody else anything', async () => {
		expect(await keyOf(product.stranger().ice.check())).toBe('auth/required');
	});

	test('is answered three times a minute, to each person, and then says when again', async () => {
		const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => bob.api.ice.check()));
		const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
		expect(refused).toHaveLength(2);
		for (const { reason } of refused) {
			expect(reason.cause).toMatchObject({ key: 'request/too-many' });
			expect(reason.cause.details.retryAfterMs).toBeGreaterThan(0);
			expect(reason.cause.details.retryAfterMs).toBeLessThanOrEqual(60_000);
		}
		await ann.api.ice.check(); // somebody else's are not counted with them
	});

	test.each<[what: string, env: Record<string, string>, answer: object]>([
		['turned off, it names no TURN server', { ...TURN, ...STUN, TURN_CHECK: 'off' }, { relay: 'off' }],
		['without a TURN server it says so', STUN, { relay: 'none' }]
	])('%s', async (_what, env, answer) => {
		expect(await underSettings(env, ({ api }) => api.ice.check())).toEqual({
			...answer,
			iceServers: [{ urls: ['stun:s.example'] }],
			expiresAt: null,
			serverNow: expect.any(Number)
		});
	});

	test('a call’s credentials are as before, also where the check is turned off', async () => {
		const username = await underSettings({ ...TURN, TURN_CHECK: 'off' }, async (eve) => {
			const roomId = (await eve.api.rooms.openDirect({ username: ann.username })).id;
			const { deviceId } = await eve.api.inbox.open();
			const media = { microphoneEnabled: true, cameraEnabled: true };
			const { id: callId } = await eve.api.calls.start({ roomId, deviceId, kind: 'audio', ...media });
			const { iceServers } = await eve.api.ice.servers({ callId });
			return iceServers.at(-1)?.username?.replace(eve.userId, 'eve');
		});
		expect(username).toMatch(/^\d+:eve$/);
	});
});
