import { randomBytes, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { News } from '../../src/lib/server/bus/bus';
import { MAX_SEND_BYTES } from '../../src/lib/call/core/limits';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import {
	addCall,
	addDevice,
	addCallOf,
	failure,
	fromBody,
	isExpired,
	openServer,
	sendOf,
	textsOf,
	toBody,
	twoInACall,
	type Server
} from './mailbox-world';

let database: TestDatabase;
let server: Server;
let filled: string[] = [];

beforeAll(async () => {
	database = await testDatabase();
	server = openServer(database.url, { onFull: (deviceId) => filled.push(deviceId) });
});

afterAll(async () => {
	await server.close();
	await database.drop();
});

/** As if the mailbox had taken this many signals of this size, and nobody had acknowledged any. */
async function fill(to: string, callId: string, count: number, bytes: number): Promise<void> {
	await server.sql.begin(async (tx) => {
		await tx`update mailboxes set head = ${count} where id = ${to}`;
		await tx`
			insert into signals (mailbox_id, epoch, seq, from_device_id, call_id, call_version, kind, body, expires_at)
			select ${to}, 1, seq, ${to}, ${callId}, 1, 'offer', decode(repeat('00', ${bytes}), 'hex'),
				clock_timestamp() + interval '30 seconds'
			from generate_series(1, ${count}::int) seq`;
	});
}

describe('sending', () => {
	test('what was sent is read as it was, in order, from seq 1 on', async () => {
		const { way, start, from, callId } = await twoInACall(server);
		const body = randomBytes(300).toString('base64');
		const signals = [
			{ v: 1 as const, kind: 'offer' as const, callVersion: 3, body },
			{ v: 1 as const, kind: 'candidates' as const, callVersion: 4, body: toBody('ice') }
		];
		await expect(server.signals.send({ ...sendOf(way, 1), signals })).resolves.toEqual({
			outcomes: [
				{ n: 1, status: 'taken' },
				{ n: 2, status: 'taken' }
			]
		});
		await expect(server.signals.read(way.to, start, 10)).resolves.toEqual({
			epoch: 1,
			head: 2,
			signals: signals.map((envelope, at) => ({
				epoch: 1,
				seq: at + 1,
				callId,
				fromDeviceId: from,
				envelope
			}))
		});
		await expect(server.signals.head(way.to)).resolves.toEqual({ epoch: 1, seq: 2 });
	});

	test('a repetition is taken as one, also after the row is gone, the epoch has risen and the call is over', async () => {
		const { way, to, callId } = await twoInACall(server);
		const repeated = { outcomes: [{ n: 1, status: 'repeated' }] };
		await server.signals.send(sendOf(way, 1, 'a'));
		await expect(server.signals.send(sendOf(way, 1, 'a'))).resolves.toEqual(repeated);

		await server.signals.ack(to, { epoch: 1, seq: 1 });
		await server.sql`update signals set expires_at = expires_at - interval '61 seconds' where mailbox_id = ${to}`;
		await server.signals.sweep();
		await expect(server.sql`select from signals where mailbox_id = ${to}`).resolves.toHaveLength(0);
		await expect(server.signals.send(sendOf(way, 1, 'a'))).resolves.toEqual(repeated);

		await server.db.transaction((tx) => server.signals.raiseEpoch(tx, to));
		await expect(server.signals.send(sendOf(way, 1, 'a'))).resolves.toEqual(repeated);

		await server.sql`update calls set phase = 'ended' where id = ${callId}`;
		await expect(server.signals.send(sendOf(way, 1, 'a'))).resolves.toEqual(repeated);
		await expect(server.signals.head(to)).resolves.toEqual({ epoch: 2, seq: 0 });
	});

	test('a send that overlaps what the mailbox has adds only the rest', async () => {
		const { way, to } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a', 'b'));
		await expect(server.signals.send(sendOf(way, 2, 'b', 'c'))).resolves.toEqual({
			outcomes: [
				{ n: 2, status: 'repeated' },
				{ n: 3, status: 'taken' }
			]
		});
		await expect(textsOf(server, to)).resolves.toEqual(['a', 'b', 'c']);
	});

	test('a missing number is a gap, and says which one is wanted', async () => {
		const { way, to } = await twoInACall(server);
		await expect(server.signals.send(sendOf(way, 2, 'b'))).rejects.toEqual(
			failure('signal/gap', { wanted: 1 })
		);
		await server.signals.send(sendOf(way, 1, 'a'));
		await expect(server.signals.send(sendOf(way, 9, 'i'))).rejects.toEqual(
			failure('signal/gap', { wanted: 2 })
		);
		await expect(textsOf(server, to)).resolves.toEqual(['a']);
	});

	test('a mailbox is woken once per write, after the commit, with its newest seq', async () => {
		const { way, to, from } = await twoInACall(server);
		const news: News[] = [];
		const stop = server.bus.subscribe([`device:${to}`, `device:${from}`], (one) => news.push(one));
		await server.signals.send(sendOf(way, 1, 'a', 'b'));
		await server.signals.send(sendOf(way, 1, 'a', 'b')); // a repetition moves nothing
		stop();
		expect(news).toEqual([{ type: 'mailbox', epoch: 1, head: 2 }]);
	});

	test('no signal claims to know more of the call than there is to know', async () => {
		const { way, start } = await twoInACall(server);
		const send = sendOf(way, 1, 'a');
		send.signals[0]!.callVersion = Number.MAX_SAFE_INTEGER;
		await server.signals.send(send);
		const { signals } = await server.signals.read(way.to, start, 1);
		expect(signals[0]?.envelope.callVersion).toBe(7);
	});
});

describe('refusals', () => {
	test('a call that is over or unknown takes no signals', async () => {
		const { way, callId } = await twoInACall(server);
		await expect(server.signals.send(sendOf({ ...way, callId: randomUUID() }, 1, 'a'))).rejects.toEqual(
			failure('signal/not-in-call', { wanted: 1 })
		);
		await server.sql`update calls set phase = 'ended' where id = ${callId}`;
		const send = sendOf(way, 1, 'a');
		await expect(server.signals.send(send)).rejects.toEqual(failure('signal/not-in-call', { wanted: 1 }));
		send.signals[0]!.callVersion = Number.MAX_SAFE_INTEGER;
		await expect(server.signals.send(send)).rejects.toEqual(failure('signal/not-in-call', { wanted: 1 }));
	});

	test.each(['from', 'to'] as const)('a device that has left sends and gets nothing (%s)', async (end) => {
		const { way, callId } = await twoInACall(server);
		await server.signals.send(sendOf(way, 1, 'a'));
		await server.sql`
			update call_devices set presence = 'left' where call_id = ${callId} and device_id = ${way[end]}`;
		await expect(server.signals.send(sendOf(way, 2, 'b'))).rejects.toEqual(
			failure('signal/not-in-call', { wanted: 2 })
		);
	});

	test('a device that reconnects still gets its signals', async () => {
		const { way, callId, to } = await twoInACall(server);
		await server.sql`
			update call_devices set presence = 'reconnecting' where call_id = ${callId} and device_id = ${to}`;
		await server.signals.send(sendOf(way, 1, 'a'));
		await expect(textsOf(server, to)).resolves.toEqual(['a']);
	});

	test.each(['from', 'to'] as const)(
		'somebody else’s device, in another call, looks like none (%s)',
		async (end) => {
			const { way } = await twoInACall(server);
			const other = await twoInACall(server);
			const [foreign, unknown] = [other.from, randomUUID()];
			for (const deviceId of [foreign, unknown]) {
				await expect(server.signals.send(sendOf({ ...way, [end]: deviceId }, 1, 'a'))).rejects.toEqual(
					failure('signal/not-in-call', { wanted: 1 })
				);
			}
			await expect(textsOf(server, foreign)).resolves.toEqual([]);
		}
	);

	test('32 signals or 32 KiB at most in one send', async () => {
		const { way, to } = await twoInACall(server);
		const texts = Array.from({ length: 33 }, (_, at) => String(at));
		await expect(server.signals.send(sendOf(way, 1, ...texts))).rejects.toEqual(failure('signal/too-large'));
		await expect(server.signals.send(sendOf(way, 1, 'a', 'x'.repeat(MAX_SEND_BYTES)))).rejects.toEqual(
			failure('signal/too-large')
		);
		await expect(textsOf(server, to)).resolves.toEqual([]);
		await server.signals.send(sendOf(way, 1, 'x'.repeat(MAX_SEND_BYTES)));
		await server.signals.send(sendOf(way, 2, ...texts.slice(1)));
		await expect(textsOf(server, to)).resolves.toHaveLength(33);
	});

	test.each([
		['1,000 signals', 1_000, 1],
		['4 MiB', 128, 32 * 1024]
	])('a mailbox that holds %s is full until it begins anew', async (_title, count, bytes) => {
		const { way, to, callId } = await twoInACall(server);
		await fill(to, callId, count - 1, bytes);
		await expect(isExpired(server, to)).resolves.toBe(false);
		await server.signals.send(sendOf(way, 1, 'x'.repeat(bytes)));

		filled = [];
		await expect(server.signals.send(sendOf(way, 2, 'b'))).rejects.toEqual(
			failure('mailbox/full', { wanted: 2 })
		);
		await expect(server.signals.send(sendOf(way, 1, 'a'))).resolves.toEqual({
			outcomes: [{ n: 1, status: 'repeated' }]
		});
		expect(filled).toEqual([to]);
		await expect(isExpired(server, to)).resolves.toBe(true);

		await server.db.transaction(async (tx) => {
			await expect(server.signals.isExpired(tx, to)).resolves.toBe(true);
			await expect(server.signals.raiseEpoch(tx, to)).resolves.toBe(2);
			await expect(server.signals.isExpired(tx, to)).resolves.toBe(false);
		});
		await server.signals.send(sendOf(way, 2, 'b'));
		await expect(textsOf(server, to)).resolves.toEqual(['b']);
	});

	test('a mailbox that is read is never full', async () => {
		const { way, to, callId } = await twoInACall(server);
		await fill(to, callId, 1_000, 1);
		await server.signals.ack(to, { epoch: 1, seq: 1 });
		await server.signals.send(sendOf(way, 1, 'a'));
		await expect(textsOf(server, to, { epoch: 1, seq: 1_000 })).resolves.toEqual(['a']);
	});
});

describe('one write of many sends', () => {
	test('every signal has its own outcome, and the bad ones fail nobody else', async () => {
		const { way, to, from, callId, userId } = await twoInACall(server);
		const third = await addDevice(server.db, userId);
		const otherCall = await addCall(server.db, userId, [third, to]);
		const full = await twoInACall(server);
		await fill(full.to, full.callId, 1_000, 1);

		const refusal = (n: number, key: string, wanted: number) => ({
			n,
			status: 'refused',
			key,
			details: { wanted }
		});
		const outcomes = await server.signals.writeSends([
			sendOf(way, 2, 'b'), // before its predecessor: in one write the numbers decide, not the order
			sendOf(way, 1, 'a'),
			sendOf(way, 1, 'a'),
			sendOf(way, 5, 'e', 'f'),
			sendOf(way, Number.MAX_SAFE_INTEGER, 'far'),
			sendOf({ callId: otherCall, from: third, to }, 1, 'x'),
			sendOf({ callId, from: third, to }, 2, 'y'), // not in that call
			sendOf({ callId, from, to: randomUUID() }, 1, 'z'),
			sendOf(full.way, 1, 'w'),
			sendOf({ callId, from: to, to: from }, 1, 'back'),
			{ ...sendOf(way, 3), signals: [{ v: 1, kind: 'offer', callVersion: 2 ** 40, body: '!not base64' }] }
		]);
		expect(outcomes).toEqual([
			[{ n: 2, status: 'taken' }],
			[{ n: 1, status: 'taken' }],
			[{ n: 1, status: 'repeated' }],
			[refusal(5, 'signal/gap', 4), refusal(6, 'signal/gap', 4)],
			[refusal(Number.MAX_SAFE_INTEGER, 'signal/gap', 4)],
			[{ n: 1, status: 'taken' }],
			[refusal(2, 'signal/not-in-call', 2)],
			[refusal(1, 'signal/not-in-call', 1)],
			[refusal(1, 'mailbox/full', 1)],
			[{ n: 1, status: 'taken' }],
			[{ n: 3, status: 'taken' }]
		]);
		const { signals, head } = await server.signals.read(to, { epoch: 1, seq: 0 }, 100);
		expect(head).toBe(4);
		expect(signals.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
		expect(
			signals
				.filter((one) => one.fromDeviceId === from)
				.map((one) => fromBody(one.envelope.body))
				.slice(0, 2)
		).toEqual(['a', 'b']);
		await expect(textsOf(server, from)).resolves.toEqual(['back']);
	});

	test('the first of two with one number counts only if it may be written', async () => {
		const { way, to } = await twoInACall(server);
		const outcomes = await server.signals.writeSends([
			sendOf({ ...way, callId: randomUUID() }, 1, 'wrong call'),
			sendOf(way, 1, 'right')
		]);
		expect(outcomes.flat().map(({ status }) => status)).toEqual(['refused', 'taken']);
		await expect(textsOf(server, to)).resolves.toEqual(['right']);
	});

	test('sends of the same instant share transactions, and each gets its own answer', async () => {
		const { deviceIds, callId } = await addCallOf(server.db, 3);
		const [a, b, to] = deviceIds as [string, string, string];
		const heads: number[] = [];
		const stop = server.bus.subscribe([`device:${to}`], (news) => {
			if (news.type === 'mailbox') heads.push(news.head);
		});
		const answers = await Promise.allSettled([
			...Array.from({ length: 10 }, (_, at) =>
				server.signals.send(sendOf({ callId, from: a, to }, at + 1, `a${at}`))
			),
			...Array.from({ length: 10 }, (_, at) =>
				server.signals.send(sendOf({ callId, from: b, to }, at + 2, `b${at}`))
			)
		]);
		stop();
		expect(answers.map(({ status }) => status)).toEqual([
			...Array<string>(10).fill('fulfilled'),
			...Array<string>(10).fill('rejected')
		]);
		expect(heads).toEqual([1, 10]); // two writes, not twenty
	});
});

test('a write that the database refuses fails without quoting the signals', async () => {
	const { way } = await twoInACall(server);
	const name = server.sql(new URL(database.url).pathname.slice(1));
	await server.sql`alter database ${name} set default_transaction_read_only = on`; // for later connections
	const refusing = openServer(database.url);
	try {
		const send = sendOf(way, 1, 'candidate:1 1 udp 2122260223 192.0.2.7 61764 typ host');
		const error: unknown = await refusing.signals.send(send).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: '25006' });
		expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(send.signals[0]?.body);
	} finally {
		await refusing.close();
		await server.sql`alter database ${name} reset default_transaction_read_only`;
	}
});
