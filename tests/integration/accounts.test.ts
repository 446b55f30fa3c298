import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sessions, users } from '../../src/lib/server/db/schema';
import { cookieJar, failureOf, keyOf, openWorld, type World } from './accounts-fixture';

const DAY_MS = 24 * 60 * 60 * 1000;
const PASSWORD = 'tall-green-kettle';
const OFFICE = '203.0.113.7';
const ELSEWHERE = '198.51.100.9';

let world: World;
let count = 0;
const freshName = () => `person${++count}`;

beforeAll(async () => {
	world = await openWorld({
		limits: {
			perAccountAndAddress: { points: 3, seconds: 60 },
			perAddress: { points: 8, seconds: 60 },
			registrations: { points: 50, seconds: 60 }
		}
	});
});
beforeEach(() => world.hush());
afterAll(() => world.drop());

const register = (username = freshName()) =>
	world.accounts.register({ username, displayName: `The ${username}`, password: PASSWORD });

const expire = (sessionId: string, expiresAt: number) =>
	world.db
		.update(sessions)
		.set({ expiresAt: new Date(expiresAt) })
		.where(eq(sessions.id, sessionId));

describe('registering', () => {
	test('signs in, and keeps neither the password nor the token', async () => {
		const cookie = cookieJar();
		const person = await world
			.as(null, { cookie })
			.auth.register({ username: ' Grace.Hopper ', displayName: 'Grace Hopper', password: PASSWORD });
		expect(person).toEqual({
			userId: expect.any(String),
			username: 'grace.hopper',
			displayName: 'Grace Hopper'
		});
		expect(cookie.expiresAt! - Date.now()).toBeGreaterThan(29 * DAY_MS);

		const found = await world.accounts.authenticate({ sessionToken: cookie.token! });
		expect(found?.identity).toMatchObject({ ...person, via: 'session', expiresAt: cookie.expiresAt });
		expect(await world.as(found!.identity).auth.me()).toEqual(person);

		const [user] = await world.db.select().from(users).where(eq(users.id, person.userId));
		expect(user!.passwordHash).toMatch(/^\$argon2id\$/);
		const [session] = await world.db.select().from(sessions).where(eq(sessions.userId, person.userId));
		expect(session!.id).toMatch(/^[0-9a-f]{64}$/);
		expect(session!.id).not.toContain(cookie.token!);
	});

	test('of a taken name fails, whatever its case', async () => {
		const username = freshName();
		await register(username);
		const again = world.as(null, { cookie: cookieJar() }).auth.register({
			username: username.toUpperCase(),
			displayName: 'Somebody else',
			password: PASSWORD
		});
		expect(await failureOf(again)).toMatchObject({ key: 'auth/username-taken', code: 'CONFLICT' });
	});

	test('of one name by many at once succeeds for one', async () => {
		const username = freshName();
		const keys = await Promise.all(Array.from({ length: 6 }, () => keyOf(register(username))));
		expect(keys.filter((key) => key === null)).toHaveLength(1);
		expect(keys.filter((key) => key === 'auth/username-taken')).toHaveLength(5);
	});

	test.each([
		['a common password', 'ada', 'password1234'],
		['the username with a digit', 'ada.lovelace', 'Ada.Lovelace1']
	])('with %s fails', async (_title, username, password) => {
		const attempt = world
			.as(null, { cookie: cookieJar() })
			.auth.register({ username, displayName: 'A', password });
		expect(await failureOf(attempt)).toMatchObject({ key: 'auth/weak-password', code: 'BAD_REQUEST' });
	});

	test.each([
		['a short username', { username: 'ab' }],
		['a long username', { username: 'a'.repeat(33) }],
		['a username with a slash', { username: 'a/b/c' }],
		['a username with U+0000', { username: 'abc\0' }],
		['an empty display name', { displayName: '  ' }],
		['a long display name', { displayName: 'x'.repeat(61) }],
		['a display name with U+0000', { displayName: 'A\0' }],
		['a short password', { password: 'short' }],
		['an endless password', { password: 'x'.repeat(257) }]
	])('with %s is input/invalid', async (_title, wrong) => {
		const cookie = cookieJar();
		const input = { username: freshName(), displayName: 'A', password: PASSWORD, ...wrong };
		const failure = await failureOf(world.as(null, { cookie }).auth.register(input));
		expect(failure).toMatchObject({ key: 'input/invalid', code: 'BAD_REQUEST' });
		expect(cookie.token).toBeNull();
	});

	test('where no cookie can be set fails before an account is made', async () => {
		const username = freshName();
		const input = { username, displayName: 'A', password: PASSWORD };
		expect(await keyOf(world.as(null).auth.register(input))).toBe('auth/cookies-needed');
		expect(await keyOf(world.accounts.findByUsername(username))).toBe('user/not-found');
	});

	test('too often from one address answers with a time', async () => {
		const strict = await openWorld({
			limits: {
				perAccountAndAddress: { points: 5, seconds: 60 },
				perAddress: { points: 5, seconds: 60 },
				registrations: { points: 2, seconds: 60 }
			}
		});
		try {
			const attempt = (ip: string) =>
				strict
					.as(null, { cookie: cookieJar(), ip })
					.auth.register({ username: freshName(), displayName: 'A', password: PASSWORD });
			await attempt(OFFICE);
			await attempt(OFFICE);
			expect(await keyOf(attempt(OFFICE))).toBe('auth/too-many-attempts');
			expect(await keyOf(attempt(ELSEWHERE))).toBeNull();
		} finally {
			await strict.drop();
		}
	});
});

describe('signing in', () => {
	let username: string;
	beforeAll(async () => {
		username = (await register()).identity.username;
	});
	const signIn = (ip: string, password: string, name = username, cookie = cookieJar()) =>
		world.as(null, { cookie, ip }).auth.signIn({ username: name, password });

	test('with the right password opens a session of its own', async () => {
		const jars = [cookieJar(), cookieJar()] as const;
		const person = await signIn('192.0.2.1', PASSWORD, username.toUpperCase(), jars[0]);
		expect(person).toMatchObject({ username, displayName: `The ${username}` });
		await signIn('192.0.2.1', PASSWORD, username, jars[1]);
		expect(jars[0].token).not.toBe(jars[1].token);
		expect(await world.accounts.authenticate({ sessionToken: jars[0].token! })).not.toBeNull();
	});

	test('a wrong password, an unknown user and a deactivated one are the same failure', async () => {
		const gone = await register();
		await world.db.update(users).set({ deactivatedAt: Date.now() }).where(eq(users.id, gone.identity.userId));
		const failures = await Promise.all([
			failureOf(signIn('192.0.2.2', 'not the password')),
			failureOf(signIn('192.0.2.2', PASSWORD, 'nobody-here')),
			failureOf(signIn('192.0.2.2', PASSWORD, 'No Username!')),
			failureOf(signIn('192.0.2.2', PASSWORD, gone.identity.username))
		]);
		for (const failure of failures) {
			expect(failure).toEqual({ key: 'auth/wrong-credentials', code: 'UNAUTHORIZED', details: {} });
		}
		expect(await world.accounts.authenticate({ sessionToken: gone.token })).toBeNull();
	});

	test.each([
		['an endless username', { username: 'a'.repeat(1000) }],
		['a username with U+0000', { username: 'ada\0' }],
		['no username', { username: '' }],
		['no password', { password: '' }],
		['an endless password', { password: 'x'.repeat(257) }]
	])('with %s is input/invalid', async (_title, wrong) => {
		const attempt = world
			.as(null, { cookie: cookieJar(), ip: '192.0.2.3' })
			.auth.signIn({ username, password: PASSWORD, ...wrong });
		expect(await keyOf(attempt)).toBe('input/invalid');
	});

	test('too many guesses stop one address, and its owner still gets in from another', async () => {
		for (let guess = 0; guess < 3; guess++) {
			expect(await keyOf(signIn(OFFICE, `guess number ${guess}`))).toBe('auth/wrong-credentials');
		}
		const refused = await failureOf(signIn(OFFICE, PASSWORD));
		expect(refused).toMatchObject({ key: 'auth/too-many-attempts', code: 'TOO_MANY_REQUESTS' });
		expect(refused!.details.retryAfterMs).toBeGreaterThan(0);
		expect(refused!.details.retryAfterMs).toBeLessThanOrEqual(60_000);
		expect(await keyOf(signIn(ELSEWHERE, PASSWORD))).toBeNull();
	});

	test('guesses sent all at once are counted like others', async () => {
		const keys = await Promise.all(
			Array.from({ length: 7 }, (_, guess) => keyOf(signIn('192.0.2.4', `guess number ${guess}`)))
		);
		expect(keys.filter((key) => key === 'auth/wrong-credentials')).toHaveLength(3);
		expect(keys.filter((key) => key === 'auth/too-many-attempts')).toHaveLength(4);
	});

	test('guesses at many accounts from one address are stopped too', async () => {
		const keys: (string | null)[] = [];
		for (let guess = 0; guess < 10; guess++) {
			keys.push(await keyOf(signIn('192.0.2.5', PASSWORD, `victim${guess}`)));
		}
		expect(keys.slice(0, 8)).toEqual(Array(8).fill('auth/wrong-credentials'));
		expect(keys.slice(8)).toEqual(Array(2).fill('auth/too-many-attempts'));
	});

	test('right passwords use nothing up', async () => {
		for (let time = 0; time < 10; time++) {
			expect(await keyOf(signIn('192.0.2.6', PASSWORD))).toBeNull();
		}
	});

	test('again in the same browser ends the session it had', async () => {
		const cookie = cookieJar();
		await signIn('192.0.2.7', PASSWORD, username, cookie);
		const first = cookie.token!;
		const identity = (await world.accounts.authenticate({ sessionToken: first }))!.identity;
		await world.as(identity, { cookie, ip: '192.0.2.7' }).auth.signIn({ username, password: PASSWORD });
		expect(await world.accounts.authenticate({ sessionToken: first })).toBeNull();
		expect(await world.accounts.authenticate({ sessionToken: cookie.token! })).not.toBeNull();
	});
});

describe('a session', () => {
	test('that has expired is nobody, and closes what it held open', async () => {
		const { identity, token } = await register();
		await expire(identity.id, Date.now() - 1000);
		expect(await world.accounts.authenticate({ sessionToken: token })).toBeNull();
		expect(world.bus.heard).toEqual([{ topic: `session:${identity.id}`, news: { type: 'closed' } }]);
		expect(await world.accounts.authenticate({ sessionToken: token })).toBeNull();
	});

	test('that expired unasked is swept away, and others stay', async () => {
		const gone = await register();
		const other = await register();
		await expire(gone.identity.id, Date.now() - 1000);
		await world.accounts.sweep();
		expect(world.bus.heard).toEqual([{ topic: `session:${gone.identity.id}`, news: { type: 'closed' } }]);
		expect(await world.accounts.authenticate({ sessionToken: other.token })).not.toBeNull();
	});

	test('is prolonged when more than half of it is over, and not before', async () => {
		const { identity, token } = await register();
		await expire(identity.id, Date.now() + 16 * DAY_MS);
		expect((await world.accounts.authenticate({ sessionToken: token }))?.renewed).toBeNull();

		await expire(identity.id, Date.now() + 14 * DAY_MS);
		const found = await world.accounts.authenticate({ sessionToken: token });
		expect(found?.renewed?.token).toBe(token);
		expect(found!.renewed!.expiresAt - Date.now()).toBeGreaterThan(29 * DAY_MS);
		expect(found!.identity.expiresAt).toBe(found!.renewed!.expiresAt);
		expect((await world.accounts.authenticate({ sessionToken: token }))?.renewed).toBeNull();
	});

	test('ends by signing out: at once, with what it holds open, and without the others', async () => {
		const { identity, token } = await register();
		const other = await world.accounts.signIn({
			username: identity.username,
			password: PASSWORD,
			ip: '192.0.2.8'
		});
		const cookie = cookieJar();
		cookie.set(token, identity.expiresAt!);
		await world.as(identity, { cookie }).auth.signOut();
		expect(cookie.token).toBeNull();
		expect(world.bus.heard).toEqual([{ topic: `session:${identity.id}`, news: { type: 'closed' } }]);
		expect(await world.accounts.authenticate({ sessionToken: token })).toBeNull();
		expect(await world.accounts.authenticate({ sessionToken: other.token })).not.toBeNull();
	});

	test.each(['', 'x', 'x'.repeat(43), 'x'.repeat(100_000), '\0', "' or 1=1"])(
		'is not opened by a made-up token (%#)',
		async (sessionToken) => {
			expect(await world.accounts.authenticate({ sessionToken })).toBeNull();
		}
	);

	test('is needed for what is one’s own', async () => {
		expect(await world.as(null).auth.me()).toBeNull();
		const signOut = world.as(null).auth.signOut();
		expect(await failureOf(signOut)).toMatchObject({ key: 'auth/required', code: 'UNAUTHORIZED' });
	});
});
