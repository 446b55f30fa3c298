import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/lib/server/auth/accounts';
import { openDb, type DbConnection } from '../../src/lib/server/db/client';
import { readEnv } from '../../src/lib/server/env';
import { createServices } from '../../src/lib/server/wire';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { keyOf } from '../fixtures/product';

type Server = Awaited<ReturnType<typeof openServer>>;

let database: TestDatabase;
/** Two servers on one database, whose buses hear nothing of each other. */
let here: Server;
let there: Server;

beforeAll(async () => {
	database = await testDatabase();
	here = openServer(database.url);
	there = openServer(database.url);
});
afterAll(async () => {
	await here.close();
	await there.close();
	await database.drop();
});

function openServer(url: string) {
	const connection = openDb(url, { max: 4 });
	const clock = { shiftMs: 0 };
	const { services, bus, heads } = createServices({
		env: readEnv({ STUN_URLS: 'none' }),
		connection: { ...connection, sql: withShiftedClock(connection, clock) },
		onError: (error) => {
			throw error;
		}
	});
	heads.start();
	return {
		services,
		heads,
		clock,
		async close() {
			await heads.stop();
			await bus.close();
			await connection.close();
		}
	};
}

/** The database's own connection, but what the check hears of its clock is shifted. */
function withShiftedClock({ sql }: DbConnection, clock: { shiftMs: number }): postgres.Sql {
	return new Proxy(sql, {
		apply(target, self, args: [TemplateStringsArray]) {
			const query = Reflect.apply(target, self, args) as Promise<{ kind: string; a: number }[]>;
			if (!args[0].join('').includes(`'now' as kind`)) return query;
			return query.then((rows) => {
				for (const row of rows) if (row.kind === 'now') row.a += clock.shiftMs;
				return rows;
			});
		}
	});
}

async function signIn() {
	const signedIn = await here.services.accounts.register({
		username: `a${randomUUID().slice(0, 12)}`,
		displayName: 'Ann',
		password: 'a long one that nobody tries'
	});
	const { deviceId } = await here.services.devices.open(signedIn.identity.userId);
	return { ...signedIn, deviceId };
}

/** What waits in somebody's name on a server: a poll and a stream, both standing. */
async function wait(server: Server, identity: Identity, deviceId: string) {
	const { inbox } = server.services;
	const viewer = { deviceId, userId: identity.userId, identityId: identity.id };
	const { stateTag } = await inbox.poll(viewer, { cursor: { epoch: 1, seq: 0 }, waitMs: 0 }, undefined);
	const poll = inbox.poll(viewer, { cursor: { epoch: 1, seq: 0 }, stateTag, waitMs: 20_000 }, undefined);
	const stream = inbox.follow(viewer, undefined, undefined);
	await stream.next(); // the state
	const next = stream.next();
	for (const one of [poll, next]) one.catch(() => {});
	return { poll, next, stream };
}

async function msUntil(work: Promise<unknown>): Promise<number> {
	const begunAt = performance.now();
	await work;
	return performance.now() - begunAt;
}

describe('a session that was ended', () => {
	test('ends what waits on its server within a second, and is nobody at once', async () => {
		const { identity, token, deviceId } = await signIn();
		const { accounts } = here.services;
		expect((await accounts.authenticate({ sessionToken: token }))?.identity).toEqual(identity);
		const { poll, next } = await wait(here, identity, deviceId);
		const ended = Promise.all([keyOf(poll), keyOf(next)]);
		const took = msUntil(ended);
		await accounts.signOut(identity.id);
		expect(await accounts.authenticate({ sessionToken: token })).toBeNull();
		expect(await ended).toEqual(['auth/session-expired', 'auth/session-expired']);
		expect(await took).toBeLessThan(1_000);
		expect(await keyOf(wait(here, identity, deviceId))).toBe('auth/session-expired'); // who comes too late
	});

	test('ends what waits on another server, though the bus lost it, within 3 s', async () => {
		const { identity, token, deviceId } = await signIn();
		await there.services.accounts.authenticate({ sessionToken: token });
		const { poll, next } = await wait(there, identity, deviceId);
		const ended = Promise.all([keyOf(poll), keyOf(next)]);
		await here.services.accounts.signOut(identity.id);
		expect(await msUntil(ended)).toBeLessThan(3_000);
		expect(await ended).toEqual(['auth/session-expired', 'auth/session-expired']);
		expect(await there.services.accounts.authenticate({ sessionToken: token })).toBeNull();
	});
});

test('a token that was revoked is nobody at once, and what waits in its name ends', async () => {
	const { identity: owner, deviceId } = await signIn();
	const { accounts } = here.services;
	const { id, token } = await accounts.createToken(owner.userId, 'program');
	const ask = async () => (await accounts.authenticate({ bearer: token }))?.identity;
	const identity = await ask();
	await ask();
	const { poll } = await wait(here, identity!, deviceId);
	expect((await ask())?.via).toBe('token');
	await accounts.noteUsed();
	await accounts.revokeToken(owner.userId, id);
	expect(await ask()).toBeUndefined();
	expect(await keyOf(poll)).toBe('auth/session-expired');
});

test('a device that was ended is unknown at once, here and, through the check, elsewhere', async () => {
	const { identity, deviceId } = await signIn();
	const onBoth = [here, there].map((server) => server.services.devices);
	for (const devices of onBoth) await devices.require(deviceId, identity.userId);
	const { poll } = await wait(there, identity, deviceId);
	const close = await database.db.transaction((tx) => here.services.devices.end(tx, [deviceId]));
	close();
	expect(await keyOf(here.services.devices.require(deviceId, identity.userId))).toBe('device/not-found');
	expect(await keyOf(poll)).toBe('device/not-found');
	expect(await keyOf(there.services.devices.require(deviceId, identity.userId))).toBe('device/not-found');
});

test('somebody else’s device is unknown, also while it is remembered', async () => {
	const { identity, deviceId } = await signIn();
	const { devices } = here.services;
	await devices.require(deviceId, identity.userId);
	expect(await keyOf(devices.require(deviceId, randomUUID()))).toBe('device/not-found');
});

test('a member who was taken out may do nothing in the room any more, at once', async () => {
	const [ann, bob] = [await signIn(), await signIn()];
	const { rooms } = here.services;
	const room = await rooms.create(ann.identity.userId, { name: 'Team' });
	const { code } = await rooms.inviteCode(room.id, ann.identity.userId);
	await rooms.joinByInvite(code, bob.identity.userId);
	expect((await rooms.requireMember(room.id, bob.identity.userId)).role).toBe('member');
	await rooms.removeMember(room.id, ann.identity.userId, bob.identity.userId);
	expect(await keyOf(rooms.requireMember(room.id, bob.identity.userId))).toBe('room/not-found');
});

test('devices that wait are seen, all of them in one statement', async () => {
	const { identity, deviceId } = await signIn();
	const { stream } = await wait(here, identity, deviceId);
	const lastSeen = async () => {
		const [row] = await database.sql`
			select seen_at > now() - interval '1 minute' as lately from devices where id = ${deviceId}`;
		return row?.lately as boolean;
	};
	await database.sql`update devices set seen_at = now() - interval '4 minutes' where id = ${deviceId}`;
	await here.services.devices.noteSeen();
	expect(await lastSeen()).toBe(true);
	void stream.return();
});

test('after the database was away for longer than endings are kept, everything is asked anew', async () => {
	const [gone, kept] = [await signIn(), await signIn()];
	const lost = await wait(there, gone.identity, gone.deviceId);
	const stands = await wait(there, kept.identity, kept.deviceId);
	// It ended, and nothing is left that tells.
	await database.sql`delete from sessions where id = ${gone.identity.id}`;
	const { stateTag } = await there.services.inbox.poll(
		{ deviceId: kept.deviceId, userId: kept.identity.userId, identityId: kept.identity.id },
		{ cursor: { epoch: 1, seq: 0 }, waitMs: 0 },
		undefined
	);
	there.clock.shiftMs = -60_000;
	await there.heads.check();
	there.clock.shiftMs = 0;
	await there.heads.check();
	expect([await keyOf(lost.poll), await keyOf(lost.next)]).toEqual([
		'auth/session-expired',
		'auth/session-expired'
	]);
	expect((await stands.next).value?.item.type).toBe('state');
	expect((await stands.poll).stateTag).not.toBe(stateTag);
	void stands.stream.return();
});
