import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bus, News, Topic } from '../../src/lib/server/bus/bus';
import { createAccounts } from '../../src/lib/server/auth/accounts';
import { createMemoryBus } from '../../src/lib/server/bus/memory';
import { openDb } from '../../src/lib/server/db/client';
import { sweepEndings } from '../../src/lib/server/db/endings';
import { createHeads } from '../../src/lib/server/signals/heads';
import { latelyStatement } from '../../src/lib/server/signals/lately';
import { testProduct, type Person, type Product } from '../fixtures/product';
import { sendOf } from './mailbox-world';

const media = { microphoneEnabled: true, cameraEnabled: true };

/** The product whose people do things, and a second server whose bus hears nothing of it. */
let product: Product;
let other: ReturnType<typeof openDeafServer>;
let ann: Person;
let bob: Person;
let roomId: string;
let annDevice: string;
let bobDevice: string;

/** What a server on this database finds out by asking alone. */
function openDeafServer(url: string) {
	const connection = openDb(url, { max: 3 });
	const bus: Bus & { doubt: () => void } = { ...createMemoryBus(), doubt: () => {}, onDoubt: () => () => {} };
	bus.onDoubt = (listener) => {
		bus.doubt = listener;
		return () => {};
	};
	const heard: { topic: Topic; news: News }[] = [];
	bus.subscribeAll((news, topic) => heard.push({ topic, news }));
	const errors: unknown[] = [];
	const heads = createHeads({
		sql: connection.sql,
		bus,
		isHeld: () => false,
		onError: (error) => errors.push(error)
	});
	return {
		bus,
		heads,
		heard,
		errors,
		/** What it found since the last time it was asked. */
		async found(): Promise<{ topic: Topic; news: News }[]> {
			await heads.check();
			return heard.splice(0);
		},
		async close() {
			await heads.stop();
			await connection.close();
		}
	};
}

beforeAll(async () => {
	product = await testProduct();
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
	roomId = (await ann.api.rooms.openDirect({ username: bob.username })).id;
	annDevice = (await ann.api.inbox.open()).deviceId;
	bobDevice = (await bob.api.inbox.open()).deviceId;
	other = openDeafServer(product.url);
	await other.found();
});
afterAll(async () => {
	await other.close();
	await product.close();
});

async function connect(): Promise<string> {
	const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'video', ...media });
	await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });
	return call.id;
}

let firstN = 1;
const send = (callId: string) =>
	ann.api.signals.send(sendOf({ callId, from: annDevice, to: bobDevice }, firstN++, 'text'));

const both = () => [`user:${ann.userId}`, `user:${bob.userId}`].sort();

describe('a bus that loses everything: the check finds, and tells once,', () => {
	test('a mailbox that moved, a call and a message', async () => {
		const callId = await connect();
		const calls = await other.found();
		expect(calls.map(({ topic }) => topic).sort()).toEqual(
			[...both(), `device:${annDevice}`, `device:${bobDevice}`].sort()
		);
		expect(calls.filter(({ news }) => news.type === 'call').map(({ news }) => news)).toEqual([
			{ type: 'call', callId, version: 2 },
			{ type: 'call', callId, version: 2 }
		]);

		await send(callId);
		await send(callId);
		expect(await other.found()).toEqual([
			{ topic: `device:${bobDevice}`, news: { type: 'mailbox', epoch: 1, head: firstN - 1 } }
		]);

		await ann.api.messages.send({ roomId, id: crypto.randomUUID(), body: 'hello' });
		const rooms = await other.found();
		expect(rooms.map(({ topic }) => topic).sort()).toEqual(both());
		expect(rooms[0]?.news).toMatchObject({ type: 'room', roomId });

		expect(await other.found()).toEqual([]);
		await ann.api.calls.end({ callId });
		await other.found();
	});

	test('and not what the bus tells after all, while the audience is read', async () => {
		const callId = await connect();
		await other.found();
		const lost: News[] = [];
		const tellLate = () => lost.forEach((news) => other.bus.publishHere(both() as Topic[], news));
		const stops = [
			product.bus.subscribe([`user:${ann.userId}`], (news) => lost.push(news)),
			// The mailbox needs no audience, and is told just before the room's is asked for.
			other.bus.subscribe([`device:${bobDevice}`], () => queueMicrotask(tellLate))
		];
		await ann.api.messages.send({ roomId, id: crypto.randomUUID(), body: 'hello' });
		await send(callId);
		const found = await other.found();
		stops.forEach((stop) => stop());
		expect(found.map(({ topic }) => topic).sort()).toEqual([...both(), `device:${bobDevice}`].sort());
		await ann.api.calls.end({ callId });
		await other.found();
	});

	test('an epoch that rose and left nothing behind', async () => {
		const callId = await connect();
		await send(callId);
		await other.found();
		await product.services.calls.resetMailbox(bobDevice);
		const found = await other.found();
		expect(found.filter(({ news }) => news.type === 'mailbox')).toEqual([
			{ topic: `device:${bobDevice}`, news: { type: 'mailbox', epoch: 2, head: 0 } }
		]);
		expect(await other.found()).toEqual([]);
		await ann.api.calls.end({ callId });
		await other.found();
	});

	test('a missed call, and that it was looked at elsewhere', async () => {
		const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'audio', ...media });
		await ann.api.calls.leave({ callId: call.id, deviceId: annDevice });
		expect(await other.found()).toContainEqual({
			topic: `user:${bob.userId}`,
			news: { type: 'standing', changedAt: null }
		});
		await bob.api.calls.markMissedSeen();
		expect(await other.found()).toEqual([
			{ topic: `user:${bob.userId}`, news: { type: 'standing', changedAt: expect.any(Number) } }
		]);

		// Who is not to be disturbed has missed it, too.
		await bob.api.calls.setDoNotDisturb({ forMs: 60_000 });
		await other.found();
		await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'audio', ...media });
		expect(await other.found()).toContainEqual({
			topic: `user:${bob.userId}`,
			news: { type: 'standing', changedAt: null }
		});
		await bob.api.calls.setDoNotDisturb({ forMs: null });
		await other.found();
		expect(await other.found()).toEqual([]);
	});

	test('a membership that ended, was given again and ended again', async () => {
		const room = await ann.api.rooms.create({ name: 'Team' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		await bob.api.rooms.join({ code });
		await other.found();
		const gone = (found: { topic: Topic; news: News }[]) =>
			found.filter(({ news }) => news.type === 'membership').map(({ topic }) => topic);

		await bob.api.rooms.leave({ roomId: room.id });
		expect(gone(await other.found())).toEqual([`user:${bob.userId}`]);
		await bob.api.rooms.join({ code });
		expect(gone(await other.found())).toEqual([]);
		await ann.api.rooms.removeMember({ roomId: room.id, userId: bob.userId });
		expect(gone(await other.found())).toEqual([`user:${bob.userId}`]);
		expect(await other.found()).toEqual([]);
	});

	test('a session, a token and a device that ended, whoever ended them', async () => {
		const accounts = createAccounts({ db: product.db, bus: createMemoryBus() });
		const username = `c${Date.now()}`;
		const password = 'a long one that nobody tries';
		const one = await accounts.register({ username, displayName: 'C', password });
		const two = await accounts.signIn({ username, password, ip: '' });
		const token = await accounts.createToken(one.identity.userId, 'program');
		await accounts.signOut(one.identity.id);
		await accounts.revokeToken(one.identity.userId, token.id);
		await product.sql`update sessions set expires_at = now() - interval '1 second' where id = ${two.identity.id}`;
		await accounts.sweep();
		const gone = await ann.api.inbox.open();
		await product.sql`update devices set seen_at = now() - interval '1 hour' where id = ${gone.deviceId}`;
		await product.services.devices.sweep();

		const found = await other.found();
		expect(found.map(({ topic }) => topic).sort()).toEqual(
			[
				`session:${one.identity.id}`,
				`session:${two.identity.id}`,
				`session:${token.id}`,
				`device:${gone.deviceId}`
			].sort()
		);
		expect(new Set(found.map(({ news }) => news.type))).toEqual(new Set(['closed']));
		expect(other.heads.hasEnded(`session:${token.id}`)).toBe(true);
		expect(await other.found()).toEqual([]);
	});
});

test('what the bus has told already is not told again', async () => {
	const callId = await connect();
	for (const topic of both()) other.bus.publish([topic as Topic], { type: 'call', callId, version: 2 });
	other.bus.publish([`device:${bobDevice}`], { type: 'mailbox', epoch: 2, head: 0 });
	other.bus.publish([`device:${annDevice}`], { type: 'mailbox', epoch: 1, head: 0 });
	other.heard.splice(0);
	expect(await other.found()).toEqual([]);
	await ann.api.calls.end({ callId });
	await other.found();
});

test('a transaction that takes its stamp and commits 3 s later is found', async () => {
	await other.found();
	let stamped = () => {};
	const isStamped = new Promise<void>((resolve) => (stamped = resolve));
	const late = product.sql.begin(async (sql) => {
		await sql`update rooms set last_n = last_n + 1, changed_at = clock_timestamp() where id = ${roomId}`;
		stamped();
		await sql`select pg_sleep(3)`;
	});
	await isStamped;
	expect(await other.found()).toEqual([]);
	await late;
	expect((await other.found()).map(({ news }) => news.type)).toEqual(['room', 'room']);
});

test('started, it looks every 2 s, at once in doubt, and is trusted until it cannot ask', async () => {
	const server = openDeafServer(product.url);
	const callId = await connect();
	expect(server.heads.isTrusted()).toBe(false);
	server.heads.start();
	await expect.poll(() => server.heads.isTrusted()).toBe(true);
	expect(server.heads.known(bobDevice)).toEqual({ epoch: 2, seq: 0 });

	const begunAt = performance.now();
	await send(callId);
	await expect.poll(() => server.heads.known(bobDevice)?.seq, { timeout: 3_000 }).toBe(1);
	expect(performance.now() - begunAt).toBeLessThan(3_000);

	await send(callId);
	server.bus.doubt();
	expect(server.heads.known(bobDevice)).toBeNull();
	await expect.poll(() => server.heads.known(bobDevice)?.seq, { timeout: 500, interval: 10 }).toBe(2);
	expect(server.errors).toEqual([]);
	await ann.api.calls.end({ callId });
	await server.close();
});

test('what a reader learned from the database wakes the other readers', () => {
	const epoch = 40;
	const heard: News[] = [];
	const stop = other.bus.subscribe([`device:${bobDevice}`], (news) => heard.push(news));
	other.heads.note(bobDevice, { epoch, seq: 3 });
	other.heads.note(bobDevice, { epoch, seq: 2 });
	expect(heard).toEqual([{ type: 'mailbox', epoch, head: 3 }]);
	stop();
});

test('the statement starts from indexes alone, however much there is', async () => {
	const { sql } = product;
	await sql`
		insert into rooms (kind, name, changed_at)
		select 'group', 'Room', now() - n * interval '1 minute' from generate_series(1, 20000) n`;
	await sql`
		insert into calls (room_id, direct, kind, phase, version, caller_id, host_id, started_at, changed_at)
		select id, false, 'audio', 'ended', 9, ${ann.userId}, ${ann.userId}, changed_at, changed_at from rooms`;
	await sql`insert into devices (user_id) select ${ann.userId} from generate_series(1, 20000)`;
	await sql`
		insert into call_participants (call_id, user_id, role, invite, started_at)
		select id, ${ann.userId}, 'caller', 'accepted', started_at from calls on conflict do nothing`;
	await sql`
		insert into call_devices
			(call_id, user_id, device_id, presence, join_order, joined_at, microphone_enabled, camera_enabled)
		select id, ${ann.userId}, gen_random_uuid(), 'left', 1, started_at, true, true from calls`;
	await sql`insert into mailboxes (id, head) select id, 2 from devices on conflict do nothing`;
	await sql`
		insert into signals (mailbox_id, epoch, seq, from_device_id, call_id, call_version, kind, body, expires_at)
		select id, 1, seq, id, id, 1, 'offer', '', now() + interval '29 seconds' - random() * interval '5 minutes'
		from devices, generate_series(1, 2) seq on conflict do nothing`;
	await sql`
		insert into endings (topic, ended_at)
		select 'device:' || id, now() - random() * interval '1 hour' from devices`;
	await sql`analyze`;
	const [{ now } = { now: 0 }] = await sql<{ now: number }[]>`
		select extract(epoch from now())::float8 * 1000 as now`;
	const plan = await sql`explain ${latelyStatement(sql, now - 2_000)}`;
	const scans = plan.map((row) => String(row['QUERY PLAN'])).filter((line) => line.includes('Scan'));
	expect(scans.length).toBeGreaterThan(6);
	expect(scans.filter((line) => line.includes('Seq Scan'))).toEqual([]);

	await sweepEndings(product.db);
	const [kept] =
		await sql`select count(*)::int, min(ended_at) > now() - interval '61 seconds' as young from endings`;
	expect(kept).toMatchObject({ young: true });
});
