import { describe, expect, test } from 'vitest';
import { MAX_PUSH_SUBSCRIPTIONS_PER_USER } from '../../src/lib/call/core/limits';
import { pushKeys } from '../../src/lib/server/db/schema';
import { EnvError, readEnv } from '../../src/lib/server/env';
import { createCallerFactory } from '../../src/lib/server/trpc/base';
import { appRouter } from '../../src/lib/server/trpc/router';
import { keyOf, testProduct } from '../fixtures/product';
import { addSession, ann, bob, call, endpointsOf, product, push, service, subscribe } from './push-world';

test('servers that start at once make one pair of keys, and later ones keep it', async () => {
	await product.db.delete(pushKeys);
	const servers = await Promise.all(Array.from({ length: 4 }, () => testProduct({}, product)));
	try {
		const made = await Promise.all(servers.map(({ services }) => services.push.publicKey()));
		expect(new Set(made).size).toBe(1);
		expect(Buffer.from(made[0] ?? '', 'base64url')).toHaveLength(65);
		const later = await testProduct({}, product);
		servers.push(later);
		expect(await later.services.push.publicKey()).toBe(made[0]);
		expect(await product.db.select().from(pushKeys)).toHaveLength(1);
	} finally {
		await Promise.all(servers.map((server) => server.close()));
	}
});

describe('a subscription', () => {
	test('told twice is one, and stays where it is among the others', async () => {
		const [first, second] = [await subscribe(bob), await subscribe(bob)];
		await bob.api.push.subscribe(first);
		expect(await endpointsOf(bob.userId)).toEqual([first.endpoint, second.endpoint]);
	});

	test('is for sessions: a personal token has none', async () => {
		const asToken = createCallerFactory(appRouter)({
			services: product.services,
			identity: { ...bob.identity, via: 'token' },
			hasCredentials: true,
			ip: '',
			cookie: null
		});
		expect(await keyOf(asToken.push.subscribe(service.subscribe()))).toBe('auth/token-not-allowed');
		expect(await keyOf(asToken.push.key())).toBe('auth/token-not-allowed');
		expect(await keyOf(product.stranger().push.key())).toBe('auth/required');
	});

	test.each([
		'https://169.254.169.254/latest/meta-data/',
		'https://fcm.googleapis.com@127.0.0.1/',
		'https://[::ffff:127.0.0.1]/',
		'http://localhost:5432/',
		'https://fcm.googleapis.com./x'
	])('at %s is refused, and not kept', async (endpoint) => {
		const { keys } = service.subscribe();
		expect(await keyOf(bob.api.push.subscribe({ endpoint, keys }))).toBe('push/unknown-service');
		expect(await endpointsOf(bob.userId)).toEqual([]);
	});

	test('that is malformed is refused', async () => {
		const { endpoint, keys } = service.subscribe();
		for (const wrong of [
			{ endpoint, keys: { ...keys, p256dh: keys.p256dh.slice(1) } },
			{ endpoint, keys: { ...keys, auth: `${keys.auth}A` } },
			{ endpoint: endpoint + 'x'.repeat(2_000), keys }
		]) {
			expect(await keyOf(bob.api.push.subscribe(wrong))).toBe('input/invalid');
		}
		// Postgres takes no such text, also to look for.
		expect(await keyOf(bob.api.push.unsubscribe({ endpoint: 'https://\0' }))).toBe('input/invalid');
	});

	test('whose key is no point of the curve goes when somebody is rung', async () => {
		const { endpoint, keys } = service.subscribe();
		const p256dh = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]).toString('base64url');
		await bob.api.push.subscribe({ endpoint, keys: { ...keys, p256dh } });
		await call();
		await push();
		expect(service.received).toEqual([]);
		expect(await endpointsOf(bob.userId)).toEqual([]);
	});

	test('is one of ten at most: the oldest makes room', async () => {
		const told = [];
		for (let i = 0; i < MAX_PUSH_SUBSCRIPTIONS_PER_USER + 2; i++) told.push((await subscribe(bob)).endpoint);
		expect(await endpointsOf(bob.userId)).toEqual(told.slice(2));
	});

	test('moves to who is signed in there now', async () => {
		const browser = await subscribe(bob);
		await ann.api.push.subscribe(browser);
		expect([await endpointsOf(bob.userId), await endpointsOf(ann.userId)]).toEqual([[], [browser.endpoint]]);
	});

	test('is taken back by its owner, and by nobody else', async () => {
		const { endpoint } = await subscribe(bob);
		await ann.api.push.unsubscribe({ endpoint });
		expect(await endpointsOf(bob.userId)).toEqual([endpoint]);
		await bob.api.push.unsubscribe({ endpoint });
		await bob.api.push.unsubscribe({ endpoint });
		expect(await endpointsOf(bob.userId)).toEqual([]);
	});
});

describe('who is told nothing any more', () => {
	test('who signs out', async () => {
		await subscribe(bob);
		await bob.api.auth.signOut();
		expect(await endpointsOf(bob.userId)).toEqual([]);
		await call();
		await push();
		expect(service.received).toEqual([]);
	});

	test('who is deactivated', async () => {
		await subscribe(bob);
		await product.services.accounts.deactivate(bob.username);
		expect(await endpointsOf(bob.userId)).toEqual([]);
	});

	test('whose session has expired, also before it is swept away', async () => {
		await product.sql`delete from sessions where user_id = ${bob.userId}`;
		await addSession(bob, -1_000);
		await subscribe(bob);
		await call();
		await push();
		expect(service.received).toEqual([]);
	});
});

describe('settings', () => {
	test('PARLEY_PUSH=off: no key, no subscriptions', async () => {
		const off = createCallerFactory(appRouter)({
			services: {
				...product.services,
				push: (await silent()).services.push
			},
			identity: bob.identity,
			hasCredentials: true,
			ip: '',
			cookie: null
		});
		expect(await off.push.key()).toEqual({ publicKey: null });
		expect(await keyOf(off.push.subscribe(service.subscribe()))).toBe('push/off');
	});

	async function silent() {
		const server = await testProduct({ PARLEY_PUSH: 'off' }, product);
		await server.close();
		return server;
	}

	test('who answers for the pushes: what is set, else the address, else that nothing is set', () => {
		const subjectOf = (env: Record<string, string>) => readEnv(env).push.subject;
		expect(subjectOf({ PARLEY_PUSH_SUBJECT: 'mailto:ops@example.org' })).toBe('mailto:ops@example.org');
		expect(subjectOf({ ORIGIN: 'https://calls.example.org' })).toBe('https://calls.example.org');
		expect(subjectOf({ ORIGIN: 'http://calls.example.org' })).toMatch(/^mailto:.*\.invalid$/);
		expect(subjectOf({})).toMatch(/^mailto:.*\.invalid$/);
	});

	test('hosts are added by name, with a port, or as an origin', () => {
		const PARLEY_PUSH_HOSTS = 'push.example.org, push.example.org:8443,http://127.0.0.1:9';
		expect(readEnv({ PARLEY_PUSH_HOSTS }).push.moreOrigins).toEqual([
			'https://push.example.org',
			'https://push.example.org:8443',
			'http://127.0.0.1:9'
		]);
	});

	test.each([
		['PARLEY_PUSH', 'maybe'],
		['PARLEY_PUSH_SUBJECT', 'ops@example.org'],
		['PARLEY_PUSH_SUBJECT', 'http://example.org'],
		['PARLEY_PUSH_HOSTS', '*.example.org/path'],
		['PARLEY_PUSH_HOSTS', 'ftp://example.org'],
		['PARLEY_PUSH_HOSTS', 'user@example.org'],
		['PARLEY_PUSH_HOSTS', 'a.example,,b.example']
	])('%s=%s is named and refused', (name, value) => {
		const read = () => readEnv({ [name]: value });
		expect(read).toThrow(EnvError);
		expect(read).toThrow(name);
	});
});
