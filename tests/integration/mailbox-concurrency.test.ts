import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { addCallOf, addDevice, openServer, sendOf, type Server } from './mailbox-world';

const WRITERS = 8;
const ROUNDS = 25;

let database: TestDatabase;
let servers: [Server, Server];

beforeAll(async () => {
	database = await testDatabase();
	servers = [openServer(database.url), openServer(database.url)];
});

afterAll(async () => {
	await Promise.all(servers.map((server) => server.close()));
	await database.drop();
});

/** The items in an order of this writer's own. */
function rotated<T>(items: readonly T[], by: number): T[] {
	const at = by % items.length;
	const turned = [...items.slice(at), ...items.slice(0, at)];
	return by % 2 === 0 ? turned : turned.reverse();
}

/**
 * Every device writes to all the others, each in another order, all at once: a transaction per round and
 * writer, not gathered, on two servers with four connections each.
 */
async function writeAll(callId: string, deviceIds: readonly string[]): Promise<string[]> {
	const statuses: string[] = [];
	await Promise.all(
		deviceIds.map(async (from, writer) => {
			const others = deviceIds.filter((id) => id !== from);
			for (let n = 1; n <= ROUNDS; n++) {
				const sends = rotated(others, writer * 3 + n).map((to) =>
					sendOf({ callId, from, to }, n, `${from}#${n}`)
				);
				const outcomes = await servers[writer % 2]!.signals.writeSends(sends);
				statuses.push(...outcomes.flat().map(({ status }) => status));
			}
		})
	);
	return statuses;
}

test('eight writers to the same mailboxes, in different orders, on two servers: no deadlock and no hole', async () => {
	const { callId, deviceIds } = await addCallOf(servers[0].db, WRITERS);
	const statuses = await writeAll(callId, deviceIds);
	const each = (WRITERS - 1) * ROUNDS;
	expect(statuses).toEqual(Array(WRITERS * each).fill('taken'));

	for (const deviceId of deviceIds) {
		const { head, signals } = await servers[0].signals.read(deviceId, { epoch: 1, seq: 0 }, 1_000);
		expect(head).toBe(each);
		expect(signals.map(({ seq }) => seq)).toEqual(Array.from({ length: each }, (_, at) => at + 1));
	}
});

test('writers, expiries, acks, sweeps and devices that end: nobody waits for ever, and nobody fails', async () => {
	const { callId, deviceIds, userId } = await addCallOf(servers[0].db, WRITERS);
	let writing = true;
	let rounds = 0;
	const meanwhile = [0, 1].map(async (index) => {
		const { db, signals, devices, sql } = servers[index]!;
		while (writing) {
			const deviceId = deviceIds[rounds++ % WRITERS]!;
			const { epoch, seq } = await signals.head(deviceId);
			await signals.ack(deviceId, { epoch, seq });
			await sql`
				update signals set expires_at = expires_at - interval '2 minutes'
				where (mailbox_id, epoch, seq) = (${deviceId}, ${epoch}, ${seq})`;
			await Promise.all([
				signals.sweep(),
				devices.sweep(),
				db.transaction((tx) => signals.raiseEpoch(tx, deviceId))
			]);
			const brief = [await addDevice(db, userId), await addDevice(db, userId)];
			const close = await db.transaction((tx) => devices.end(tx, rotated(brief, rounds)));
			close();
		}
	});
	try {
		const statuses = await writeAll(callId, deviceIds);
		expect(new Set(statuses)).toEqual(new Set(['taken']));
	} finally {
		writing = false;
		await Promise.all(meanwhile);
	}
	expect(rounds).toBeGreaterThan(2);
});

test('devices that end while others write to them, several at a time: no deadlock', async () => {
	const { callId, deviceIds } = await addCallOf(servers[0].db, WRITERS);
	const [first, second, ...staying] = deviceIds as [string, string, ...string[]];
	const ending = (order: string[], server: Server) =>
		server.db.transaction((tx) => server.devices.end(tx, order)).then((close) => close());
	const [statuses] = await Promise.all([
		writeAll(callId, deviceIds),
		ending([second, first], servers[0]),
		ending([first, second], servers[1])
	]);
	expect(statuses.filter((status) => status === 'taken').length).toBeGreaterThan(0);
	for (const deviceId of staying) {
		const { head, signals } = await servers[0].signals.read(deviceId, { epoch: 1, seq: 0 }, 1_000);
		expect(signals.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, at) => at + 1));
	}
});
