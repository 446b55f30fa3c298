import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MAX_TOKENS_PER_USER } from '../../src/lib/call/core/limits';
import type { Identity } from '../../src/lib/server/auth/accounts';
import { apiTokens, users } from '../../src/lib/server/db/schema';
import { failureOf, keyOf, openWorld, type World } from './accounts-fixture';

const UNKNOWN_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';

let world: World;
let ada: Identity;
let bob: Identity;

beforeAll(async () => {
	world = await openWorld();
	ada = await world.addPerson('Ada');
	bob = await world.addPerson('Bob');
});
beforeEach(() => world.hush());
afterAll(() => world.drop());

const lastUsedAt = async (id: string) =>
	(await world.as(ada).tokens.list()).find((token) => token.id === id)?.lastUsedAt;

test('a token is shown once, signs in as its owner, and only its hash is kept', async () => {
	const made = await world.as(ada).tokens.create({ name: ' Missed calls ' });
	expect(made).toEqual({
		id: expect.any(String),
		name: 'Missed calls',
		token: expect.stringMatching(/^parley_[\w-]{43}$/),
		createdAt: expect.any(Number)
	});
	expect(await world.accounts.authenticate({ bearer: made.token })).toEqual({
		identity: { ...ada, via: 'token', id: made.id, expiresAt: null },
		renewed: null
	});
	const [row] = await world.db.select().from(apiTokens).where(eq(apiTokens.id, made.id));
	expect(JSON.stringify(row)).not.toContain(made.token.slice('parley_'.length));
	expect(JSON.stringify(await world.as(ada).tokens.list())).not.toContain('token');
});

test('when a token was last used is written at most once a minute', async () => {
	const { id, token } = await world.as(ada).tokens.create({ name: 'counter' });
	expect(await lastUsedAt(id)).toBeNull();
	await world.accounts.authenticate({ bearer: token });
	const first = await lastUsedAt(id);
	expect(Math.abs(first! - Date.now())).toBeLessThan(10_000);
	await world.accounts.authenticate({ bearer: token });
	expect(await lastUsedAt(id)).toBe(first);

	const longAgo = Date.now() - 61_000;
	await world.db.update(apiTokens).set({ lastUsedAt: longAgo }).where(eq(apiTokens.id, id));
	await world.accounts.authenticate({ bearer: token });
	expect(await lastUsedAt(id)).toBeGreaterThan(longAgo);
});

test('a revoked token is nobody, and closes what it held open', async () => {
	const { id, token } = await world.as(ada).tokens.create({ name: 'short-lived' });
	await world.as(ada).tokens.revoke({ tokenId: id.toUpperCase() });
	expect(world.bus.heard).toEqual([{ topic: `session:${id}`, news: { type: 'closed' } }]);
	expect(await world.accounts.authenticate({ bearer: token })).toBeNull();
	expect((await world.as(ada).tokens.list()).map((each) => each.id)).not.toContain(id);
});

test('somebody else’s token looks like an unknown one', async () => {
	const { id, token } = await world.as(ada).tokens.create({ name: 'mine' });
	const theirs = await failureOf(world.as(bob).tokens.revoke({ tokenId: id }));
	const unknown = await failureOf(world.as(bob).tokens.revoke({ tokenId: UNKNOWN_ID }));
	expect(theirs).toEqual({ key: 'token/not-found', code: 'NOT_FOUND', details: {} });
	expect(theirs).toEqual(unknown);
	expect(await world.accounts.authenticate({ bearer: token })).not.toBeNull();
	expect(await world.as(bob).tokens.list()).toEqual([]);
	expect(world.bus.heard).toEqual([]);
});

test('a token cannot make, list or revoke tokens, nor sign out', async () => {
	const { id, token } = await world.as(ada).tokens.create({ name: 'curious' });
	const { identity } = (await world.accounts.authenticate({ bearer: token }))!;
	const program = world.as(identity);
	expect(await program.auth.me()).toMatchObject({ username: 'ada' });
	const attempts = [
		program.tokens.create({ name: 'child' }),
		program.tokens.list(),
		program.tokens.revoke({ tokenId: id }),
		program.auth.signOut()
	];
	for (const failure of await Promise.all(attempts.map(failureOf))) {
		expect(failure).toMatchObject({ key: 'auth/token-not-allowed', code: 'FORBIDDEN' });
	}
});

test('a deactivated owner’s token is nobody', async () => {
	const carol = await world.addPerson('Carol');
	const { token } = await world.as(carol).tokens.create({ name: 'left behind' });
	await world.db.update(users).set({ deactivatedAt: Date.now() }).where(eq(users.id, carol.userId));
	expect(await world.accounts.authenticate({ bearer: token })).toBeNull();
});

test('a wrong token is nobody even beside a good session', async () => {
	const session = await world.accounts.register({
		username: 'dora',
		displayName: 'Dora',
		password: 'tall-green-kettle'
	});
	expect(await world.accounts.authenticate({ sessionToken: session.token })).not.toBeNull();
	for (const bearer of [
		'',
		'parley_',
		`parley_${'x'.repeat(43)}`,
		session.token,
		'\0',
		'x'.repeat(100_000)
	]) {
		expect(await world.accounts.authenticate({ bearer, sessionToken: session.token })).toBeNull();
	}
});

test.each(['', '   ', 'x'.repeat(61), 'a\0b', 'a\nb'])('the name %j is input/invalid', async (name) => {
	expect(await keyOf(world.as(ada).tokens.create({ name }))).toBe('input/invalid');
});

test('a malformed id is input/invalid', async () => {
	expect(await keyOf(world.as(ada).tokens.revoke({ tokenId: 'not-an-id' }))).toBe('input/invalid');
});

test('one person has a bounded number of tokens, also when they are made at once', async () => {
	const erin = await world.addPerson('Erin');
	const attempts = Array.from({ length: MAX_TOKENS_PER_USER + 5 }, (_, i) =>
		keyOf(world.as(erin).tokens.create({ name: `token ${i}` }))
	);
	const keys = await Promise.all(attempts);
	expect(keys.filter((key) => key === 'token/too-many')).toHaveLength(5);
	expect(await world.as(erin).tokens.list()).toHaveLength(MAX_TOKENS_PER_USER);
});
