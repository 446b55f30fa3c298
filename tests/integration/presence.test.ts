import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDb } from '../../src/lib/server/db/client';
import { createPresence } from '../../src/lib/server/rooms/presence';
import { preparePresence, sweepPresence, writePresence } from '../../src/lib/server/rooms/presence-rows';
import { keyOf, testProduct, type Person, type Product } from '../fixtures/product';

/** Two servers on one database. Ann asks at the one, Bob reads at either. */
let here: Product;
let there: Product;
let ann: Person;
let bob: Person;
let roomId: string;
let now: () => Promise<number>;
let find: ReturnType<typeof preparePresence>;
const readers = new Set<() => Promise<void>>();

const media = { microphoneEnabled: true, cameraEnabled: false };
const SERVER_LIFETIME_MS = 12_000;

beforeAll(async () => {
	here = await testProduct();
	there = await testProduct({}, here);
	find = preparePresence(here.db);
	now = async () => {
		const [row] = await here.sql<{ now: number }[]>`select (extract(epoch from now()) * 1000)::float8 as now`;
		return row?.now ?? NaN;
	};
});
afterAll(async () => {
	await there.close();
	await here.close();
});
beforeEach(async () => {
	[ann, bob] = [await here.person('Ann'), await here.person('Bob')];
	roomId = (await ann.api.rooms.openDirect({ username: bob.username })).id;
});
afterEach(async () => {
	await Promise.all([...readers].map((stop) => stop()));
});

const viewerOf = async (person: Person) => ({
	deviceId: (await person.api.inbox.open()).deviceId,
	userId: person.userId,
	identityId: person.identity.id
});

/** A stream of this person's at that server. */
async function read(person: Person, server: Product) {
	const stop = new AbortController();
	const viewer = await viewerOf(person);
	const items = server.services.inbox.follow(viewer, undefined, stop.signal);
	await items.next();
	const reading = items.next();
	const end = async () => {
		readers.delete(end);
		stop.abort();
		await reading;
		await items.return();
	};
	readers.add(end);
	return { ...viewer, end };
}

/** How Bob is found now, past what servers keep for a second. */
const bobs = async () => (await find(roomId)).find(({ userId }) => userId === bob.userId);
const bobBecomes = (presence: string) =>
	expect.poll(async () => (await bobs())?.presence, { timeout: 6_000, interval: 50 }).toBe(presence);

/** As if so much time had gone by since that server spoke last. */
const silence = (serverId: string, forMs: number) =>
	here.sql`update presence_servers set alive_until = alive_until - ${forMs} * interval '1 millisecond' where id = ${serverId}`;
const serverOf = async ({ userId }: Person) => {
	const rows = await here.sql<
		{ id: string }[]
	>`select server_id as id from presences where user_id = ${userId}`;
	return rows.map(({ id }) => id);
};

test('who reads at one server is online at the other; never seen, they are offline without an instant', async () => {
	expect(await ann.api.rooms.presence({ roomId })).toEqual(
		expect.arrayContaining([
			{ userId: ann.userId, presence: 'offline', lastSeenAt: null },
			{ userId: bob.userId, presence: 'offline', lastSeenAt: null }
		])
	);
	await read(bob, there);
	await bobBecomes('online');
	// As Ann's page asks, of the server that she is at.
	await expect
		.poll(() => ann.api.rooms.presence({ roomId }), { timeout: 3_000 })
		.toContainEqual({ userId: bob.userId, presence: 'online', lastSeenAt: null });
});

test('between two short polls they do not flicker; 4 s after the last one they are offline, and were seen just now', async () => {
	const viewer = await viewerOf(bob);
	const poll = () => here.services.inbox.poll(viewer, { cursor: { epoch: 1, seq: 0 }, waitMs: 0 }, undefined);
	await poll();
	await bobBecomes('online');
	await new Promise((resolve) => setTimeout(resolve, 1_500)); // as long as clients wait
	await poll();
	const lastAt = performance.now();
	await bobBecomes('offline'); // asked all the while: the first time that he is not online
	expect(performance.now() - lastAt).toBeGreaterThan(3_900);
	const ago = (await now()) - ((await bobs())?.lastSeenAt ?? 0);
	expect(ago).toBeGreaterThan(-50);
	expect(ago).toBeLessThan(2_000);
});

test('gone from one server and there at another, they are online; a server that stops takes its readers with it', async () => {
	const connection = openDb(here.url);
	const stopping = createPresence({ db: connection.db, onError: () => {} });
	stopping.start();
	stopping.hold(bob.userId);
	await bobBecomes('online');
	await read(bob, there);
	await expect.poll(() => serverOf(bob)).toHaveLength(2);
	await stopping.stop();
	expect(await serverOf(bob)).toHaveLength(1);
	expect((await bobs())?.presence).toBe('online');

	const last = createPresence({ db: connection.db, onError: () => {} });
	last.start();
	last.hold(ann.userId);
	await expect.poll(() => serverOf(ann)).toHaveLength(1);
	await last.stop();
	const anns = (await find(roomId)).find(({ userId }) => userId === ann.userId);
	expect(anns?.presence).toBe('offline');
	expect(Math.abs((anns?.lastSeenAt ?? 0) - (await now()))).toBeLessThan(2_000);
	await connection.close();
});

test('a server that dies without a word leaves nobody online for longer than 12 s; once swept, they keep when they were seen', async () => {
	const connection = openDb(here.url);
	const dying = createPresence({ db: connection.db, onError: () => {} });
	dying.start();
	dying.hold(bob.userId);
	await bobBecomes('online');
	const [serverId = ''] = await serverOf(bob);
	await connection.close(); // it can say nothing any more
	const [row] = await here.sql<{ left: number }[]>`
		select (extract(epoch from alive_until - now()) * 1000)::float8 as left from presence_servers where id = ${serverId}`;
	expect(row?.left).toBeLessThanOrEqual(SERVER_LIFETIME_MS);
	expect(row?.left).toBeGreaterThan(SERVER_LIFETIME_MS / 2);

	await silence(serverId, SERVER_LIFETIME_MS);
	const found = await bobs();
	expect(found?.presence).toBe('offline');
	expect(found?.lastSeenAt).toBeGreaterThan((await now()) - SERVER_LIFETIME_MS);

	await silence(serverId, 50_000);
	await sweepPresence(here.db);
	expect(await serverOf(bob)).toEqual([serverId]); // not a minute yet
	await silence(serverId, 20_000);
	const lapsedAt = (await bobs())?.lastSeenAt;
	await sweepPresence(here.db);
	expect(await serverOf(bob)).toEqual([]);
	expect(await bobs()).toEqual({ userId: bob.userId, presence: 'offline', lastSeenAt: lapsedAt });
	void dying.stop(); // ends its timers; there is nothing to write to
});

test('a server is told when all it had said is gone, and unknown people do not spoil what it says of others', async () => {
	const serverId = crypto.randomUUID();
	const came = [crypto.randomUUID(), bob.userId];
	expect(await writePresence(here.db, { serverId, came, gone: [] })).toEqual({ wasUnknown: true });
	expect(await serverOf(bob)).toEqual([serverId]);
	// Said again, as after an answer that was lost.
	expect(await writePresence(here.db, { serverId, came, gone: [] })).toEqual({ wasUnknown: false });
	await here.sql`delete from presence_servers where id = ${serverId}`;
	expect(await writePresence(here.db, { serverId, came: [], gone: [bob.userId] })).toEqual({
		wasUnknown: true
	});
	// Of who was not there any more, nothing is noted.
	expect(await bobs()).toEqual({ userId: bob.userId, presence: 'offline', lastSeenAt: null });
});

test('in a call, and not to be disturbed: the second wins; who is not there is offline all the same', async () => {
	const { deviceId } = await read(bob, there);
	await read(ann, here);
	await bobBecomes('online');
	const anns = await ann.api.inbox.open();
	const { id: callId } = await ann.api.calls.start({
		roomId,
		deviceId: anns.deviceId,
		kind: 'audio',
		...media
	});
	expect((await bobs())?.presence).toBe('online'); // it rings
	await bob.api.calls.accept({ callId, deviceId, ...media });
	expect((await bobs())?.presence).toBe('in-call');
	await bob.api.calls.setDoNotDisturb({ forMs: 3_600_000 });
	expect((await bobs())?.presence).toBe('do-not-disturb');
	// It is in the call by its own right, whatever it reads.
	await silence((await serverOf(bob))[0] ?? '', SERVER_LIFETIME_MS);
	expect((await bobs())?.presence).toBe('do-not-disturb');
	await bob.api.calls.leave({ callId, deviceId });
	expect((await bobs())?.presence).toBe('offline');
});

test('a call of another room counts too; its end, and do not disturb’s, are seen', async () => {
	const cat = await here.person('Cat');
	const other = (await bob.api.rooms.openDirect({ username: cat.username })).id;
	const { deviceId } = await read(bob, here);
	const call = await bob.api.calls.start({ roomId: other, deviceId, kind: 'audio', ...media });
	expect((await bobs())?.presence).toBe('in-call');
	await bob.api.calls.away({ callId: call.id, deviceId }); // the call waits for it, and it is not in it
	await bobBecomes('online');
	await bob.api.calls.join({ callId: call.id, deviceId, ...media });
	expect((await bobs())?.presence).toBe('in-call');
	await bob.api.calls.leave({ callId: call.id, deviceId });
	await bobBecomes('online');
	const quietFor = (interval: string) =>
		here.sql`update users set do_not_disturb_until = now() + ${interval}::interval where id = ${bob.userId}`;
	await quietFor('1 hour');
	expect((await bobs())?.presence).toBe('do-not-disturb');
	await quietFor('-1 ms');
	expect((await bobs())?.presence).toBe('online');
});

test('many pages that ask within a second cost one statement', async () => {
	await here.sql`create extension if not exists pg_stat_statements`;
	const count = async () =>
		(
			await here.sql<{ calls: number }[]>`
			select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
			where dbid = (select oid from pg_database where datname = current_database())
				and query like '%presence_servers%room_members%'`
		)[0]?.calls ?? NaN;
	const before = await count();
	const pages = Array.from({ length: 6 }, () => [ann, bob]).flat();
	await Promise.all(pages.map(({ api }) => api.rooms.presence({ roomId })));
	expect((await count()) - before).toBe(1);
});

test('who is not in the room finds nothing; what is no room is refused', async () => {
	const stranger = await here.person('Stranger');
	expect(await keyOf(stranger.api.rooms.presence({ roomId }))).toBe('room/not-found');
	expect(await keyOf(ann.api.rooms.presence({ roomId: crypto.randomUUID() }))).toBe('room/not-found');
	expect(await keyOf(here.stranger().rooms.presence({ roomId }))).toBe('auth/required');
	for (const wrong of ['', 'room', `${roomId}0`, 7 as unknown as string]) {
		expect(await keyOf(ann.api.rooms.presence({ roomId: wrong }))).toBe('input/invalid');
	}
});
