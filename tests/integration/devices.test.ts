import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Topic } from '../../src/lib/server/bus/bus';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { addCall, addCallOf, addUser, openServer, sendOf, type Server } from './mailbox-world';

let database: TestDatabase;
let server: Server;

beforeAll(async () => {
	database = await testDatabase();
	server = openServer(database.url);
});

afterAll(async () => {
	await server.close();
	await database.drop();
});

const notFound = expect.objectContaining({ key: 'device/not-found' });

async function unseenSince(deviceId: string, minutes: number): Promise<void> {
	await server.sql`
		update devices set seen_at = clock_timestamp() - ${minutes} * interval '1 minute' where id = ${deviceId}`;
}

const exists = async (deviceId: string) =>
	(await server.sql`select from devices join mailboxes using (id) where id = ${deviceId}`).length === 1;

test('a new device has an empty mailbox in its first epoch', async () => {
	const userId = await addUser(server.db);
	const { deviceId, cursor } = await server.devices.open(userId);
	expect(cursor).toEqual({ epoch: 1, seq: 0 });
	await expect(server.signals.read(deviceId, cursor, 1)).resolves.toEqual({ epoch: 1, head: 0, signals: [] });
	await expect(server.devices.require(deviceId, userId)).resolves.toEqual({ id: deviceId, userId });
});

test('somebody else’s device looks like one that does not exist', async () => {
	const { deviceId } = await server.devices.open(await addUser(server.db));
	await expect(server.devices.require(deviceId, await addUser(server.db))).rejects.toEqual(notFound);
	await expect(server.devices.require(randomUUID(), await addUser(server.db))).rejects.toEqual(notFound);
});

test('being seen is noted at most once a minute', async () => {
	const userId = await addUser(server.db);
	const { deviceId } = await server.devices.open(userId);
	const age = async () => {
		const [row] = await server.sql`
			select extract(epoch from clock_timestamp() - seen_at) as seconds from devices where id = ${deviceId}`;
		return Number(row?.seconds);
	};
	await unseenSince(deviceId, 0.9);
	await server.devices.require(deviceId, userId);
	expect(await age()).toBeGreaterThan(50);
	await unseenSince(deviceId, 1.1);
	await server.devices.require(deviceId, userId);
	expect(await age()).toBeLessThan(50);
});

test('an ended device goes with its mailbox, and its streams hear of it after the commit', async () => {
	const { deviceIds, callId } = await addCallOf(server.db, 2);
	const [from, to] = deviceIds as [string, string];
	await server.signals.send(sendOf({ callId, from, to }, 1, 'a'));
	const closed: Topic[] = [];
	const stop = server.bus.subscribe([`device:${from}`, `device:${to}`], (news, topic) => {
		if (news.type === 'closed') closed.push(topic);
	});

	const announce = await server.db.transaction((tx) => server.devices.end(tx, [to, randomUUID()]));
	expect(closed).toEqual([]);
	announce();
	stop();
	expect(closed).toEqual([`device:${to}`]);
	await expect(exists(to)).resolves.toBe(false);
	await expect(exists(from)).resolves.toBe(true);
	await expect(server.sql`select from signals where mailbox_id = ${to}`).resolves.toHaveLength(0);
	await expect(server.signals.send(sendOf({ callId, from, to }, 2, 'b'))).rejects.toEqual(
		expect.objectContaining({ key: 'signal/not-in-call' })
	);
	await server.db.transaction((tx) => server.devices.end(tx, [])); // nothing to end
});

test('an end that is rolled back ends nothing', async () => {
	const { deviceId } = await server.devices.open(await addUser(server.db));
	await expect(
		server.db.transaction(async (tx) => {
			await server.devices.end(tx, [deviceId]);
			throw new Error('something else failed');
		})
	).rejects.toThrow('something else failed');
	await expect(exists(deviceId)).resolves.toBe(true);
});

test('the sweep ends devices unseen for five minutes, but none that is in a live call', async () => {
	const userId = await addUser(server.db);
	const open = async () => (await server.devices.open(userId)).deviceId;
	const [fresh, forgotten, inCall, left, over] = [
		await open(),
		await open(),
		await open(),
		await open(),
		await open()
	];
	const live = await addCall(server.db, userId, [inCall, left]);
	const ended = await addCall(server.db, userId, [over]);
	await server.sql`update call_devices set presence = 'left' where call_id = ${live} and device_id = ${left}`;
	await server.sql`update calls set phase = 'ended' where id = ${ended}`;
	await unseenSince(fresh, 4.9);
	for (const deviceId of [forgotten, inCall, left, over]) await unseenSince(deviceId, 5.1);

	const closed: Topic[] = [];
	const stop = server.bus.subscribe([`device:${forgotten}`], (_, topic) => closed.push(topic));
	await expect(server.devices.sweep()).resolves.toBe(3);
	stop();
	expect(closed).toEqual([`device:${forgotten}`]);
	for (const deviceId of [fresh, inCall]) await expect(exists(deviceId)).resolves.toBe(true);
	for (const deviceId of [forgotten, left, over]) await expect(exists(deviceId)).resolves.toBe(false);
	await expect(server.devices.sweep()).resolves.toBe(0);
});
