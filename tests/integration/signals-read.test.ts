import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { failure, isExpired, openServer, sendOf, textsOf, twoInACall, type Server } from './mailbox-world';

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

describe('reading and acknowledging', () => {
	test('a cursor of another epoch reads the mailbox’s own from its beginning', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b'));
		await server.db.transaction((tx) => server.signals.raiseEpoch(tx, to));
		await expect(server.sql`select from signals where mailbox_id = ${to}`).resolves.toHaveLength(0);
		await server.signals.send(sendOf(way, 3, 'c'));
		for (const cursor of [
			{ epoch: 1, seq: 2 },
			{ epoch: 999_999_999_999, seq: 7 }
		]) {
			const { epoch, head, signals } = await server.signals.read(to, cursor, 10);
			expect([epoch, head, signals.map(({ seq }) => seq)]).toEqual([2, 1, [1]]);
		}
	});

	test('an ack never goes back, never past the head, and another epoch’s is ignored', async () => {
		const { way, to } = await twoInACall(server);
		const acked = async () =>
			(await server.sql`select acked from mailboxes where id = ${to}`)[0]?.acked as number;
		await server.signals.send(sendOf(way, 1, 'a', 'b', 'c'));
		await server.signals.ack(to, { epoch: 1, seq: 2 });
		await expect(acked()).resolves.toBe(2);
		await server.signals.ack(to, { epoch: 1, seq: 1 });
		await server.signals.ack(to, { epoch: 2, seq: 3 });
		await server.signals.ack(to, { epoch: Number.MAX_SAFE_INTEGER, seq: 3 });
		await expect(acked()).resolves.toBe(2);
		await server.signals.ack(to, { epoch: 1, seq: Number.MAX_SAFE_INTEGER });
		await expect(acked()).resolves.toBe(3);
		await server.signals.ack(randomUUID(), { epoch: 1, seq: 1 }); // of nobody: nothing to do
	});

	test('a reader from before an ack starts behind it, whether its rows are gone or not', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b', 'c'));
		await server.signals.ack(to, { epoch: 1, seq: 2 });
		await expect(textsOf(server, to)).resolves.toEqual(['c']);
		await expect(textsOf(server, to, { epoch: 1, seq: 1 })).resolves.toEqual(['c']);
	});

	test('a page at a time', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b', 'c'));
		const { head, signals } = await server.signals.read(to, { epoch: 1, seq: 0 }, 2);
		expect([head, signals.map(({ seq }) => seq)]).toEqual([3, [1, 2]]);
	});

	test('there is nothing to read of a device that is not', async () => {
		await expect(server.signals.read(randomUUID(), { epoch: 1, seq: 0 }, 1)).rejects.toEqual(
			failure('device/not-found')
		);
		await expect(server.signals.head(randomUUID())).rejects.toEqual(failure('device/not-found'));
		await expect(server.db.transaction((tx) => server.signals.raiseEpoch(tx, randomUUID()))).rejects.toEqual(
			failure('device/not-found')
		);
	});
});

describe('expiry', () => {
	test('a mailbox is found when its oldest unacked signal is too old, not when an acked one is', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b'));
		const lifetimes = await server.sql`
			select round(extract(epoch from expires_at - created_at) * 10) as tenths from signals where mailbox_id = ${to}`;
		expect(lifetimes.map((row) => Number(row.tenths))).toEqual([300, 300]);

		await server.sql`update signals set expires_at = clock_timestamp() - interval '1 second' where mailbox_id = ${to} and seq = 1`;
		await expect(isExpired(server, to)).resolves.toBe(true);
		await expect(server.signals.findExpired(1)).resolves.toHaveLength(1);
		await server.signals.ack(to, { epoch: 1, seq: 1 });
		await expect(isExpired(server, to)).resolves.toBe(false);
	});

	test('the sweep takes what was acknowledged and is older than a minute, and nothing else', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b', 'c'));
		await server.sql`
			update signals set expires_at = expires_at - interval '61 seconds' where mailbox_id = ${to} and seq <> 2`;
		await server.signals.ack(to, { epoch: 1, seq: 2 });
		await expect(server.signals.sweep()).resolves.toBe(1);
		const left = await server.sql`select seq from signals where mailbox_id = ${to} order by seq`;
		expect(left.map((row) => row.seq as number)).toEqual([2, 3]);
	});
});
