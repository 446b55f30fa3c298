import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PeerReport } from '../../src/lib/call/core/connection-report';
import { openDb } from '../../src/lib/server/db/client';
import { devices, mailboxes, signals } from '../../src/lib/server/db/schema';
import { widthOf } from '../../src/lib/server/ops/plain-text';
import { runSignals } from '../../src/lib/server/ops/signals-command';
import type { SignalsReport } from '../../src/lib/server/ops/signals-report';
import { testDatabase } from '../fixtures/database';
import { testProduct, type Person, type Product } from '../fixtures/product';
import { eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';

const SECRET = 'a sealed offer that nobody may read';
const media = { microphoneEnabled: true, cameraEnabled: true };

let product: Product;
let ann: Person;
let bob: Person;
let roomId: string;
let callId: string;
let annDevice: string;
let bobDevice: string;

beforeAll(async () => {
	product = await testProduct();
	ann = await product.person('Ann');
	bob = await product.person('Bob \x1b[2J\u202eReversed');
	const room = await ann.api.rooms.create({ name: 'Kitchen' });
	roomId = room.id;
	const { code } = await ann.api.rooms.inviteCode({ roomId });
	await bob.api.rooms.join({ code });
	annDevice = (await ann.api.inbox.open()).deviceId;
	bobDevice = (await bob.api.inbox.open()).deviceId;
	callId = (await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'video', ...media })).id;
	await bob.api.calls.accept({ callId, deviceId: bobDevice, ...media });
	const signal = (kind: 'offer' | 'candidates') =>
		({ v: 1, kind, callVersion: 2, body: Buffer.from(SECRET).toString('base64') }) as const;
	await bob.api.signals.send({
		callId,
		deviceId: bobDevice,
		toDeviceId: annDevice,
		firstN: 1,
		signals: [signal('offer'), signal('candidates'), signal('candidates')]
	});
	await ann.api.inbox.ack({ deviceId: annDevice, cursor: { epoch: 1, seq: 1 } });
	await product.services.calls.resetMailbox(bobDevice);
});
afterAll(() => product.close());

type Run = { code: number; text: string; complaints: string[] };

/** Runs the command as a process would, on a screen of ours. */
async function run(
	args: string[],
	screen: { isTTY?: boolean; columns?: number; hasColors?: () => boolean } = {},
	findDatabase = () => product.url
): Promise<Run> {
	let text = '';
	const complaints: string[] = [];
	const code = await runSignals({
		args,
		findDatabase,
		screen: { ...screen, write: (more) => (text += more) },
		complain: (line) => complaints.push(line),
		stop: new AbortController().signal
	});
	return { code, text, complaints };
}

async function report(...args: string[]): Promise<SignalsReport> {
	const { code, text } = await run(['--json', ...args]);
	expect(code).toBe(0);
	expect(text.endsWith('}\n')).toBe(true);
	expect(text.trimEnd()).not.toContain('\n');
	return JSON.parse(text) as SignalsReport;
}

describe('what it says', () => {
	test('every field of the JSON object', async () => {
		const age = expect.any(Number);
		const bytes = Buffer.byteLength(SECRET);
		expect(await report()).toEqual({
			v: 1,
			now: age,
			callId: null,
			roomId: null,
			waiting: { count: 2, bytes: 2 * bytes, oldestMs: age, overdue: 0 },
			taken: 1,
			kinds: {
				offer: { waiting: 0, taken: 1 },
				answer: { waiting: 0, taken: 0 },
				candidates: { waiting: 2, taken: 0 }
			},
			mailboxCount: 2,
			mailboxesRisen: 1,
			epochsRisen: 1,
			liveCalls: 1,
			mailboxes: [
				{
					deviceId: annDevice,
					userId: ann.userId,
					username: ann.username,
					displayName: 'Ann',
					callId,
					roomId,
					roomName: 'Kitchen',
					presence: 'joined',
					epoch: 1,
					head: 3,
					acked: 1,
					waiting: 2,
					waitingBytes: 2 * bytes,
					oldestMs: age
				},
				expect.objectContaining({
					deviceId: bobDevice,
					displayName: bob.displayName,
					epoch: 2,
					head: 0,
					waiting: 0,
					waitingBytes: 0,
					oldestMs: null
				})
			],
			moreMailboxes: 0,
			signals: [3, 2, 1].map((seq) => ({
				kind: seq === 1 ? 'offer' : 'candidates',
				fromDeviceId: bobDevice,
				fromName: bob.displayName,
				toDeviceId: annDevice,
				toName: 'Ann',
				callId,
				epoch: 1,
				seq,
				bytes,
				ageMs: age,
				state: seq === 1 ? 'taken' : 'waiting'
			})),
			call: null
		});
	});

	test('never a body, in no form', async () => {
		for (const args of [[], ['--json'], ['--call', callId]]) {
			const { text } = await run(args);
			for (const form of ['utf8', 'base64', 'hex'] as const) {
				expect(text).not.toContain(Buffer.from(SECRET).toString(form).slice(0, 16));
			}
		}
	});

	test('with a call: who is in it, and what its devices say of their connections', async () => {
		expect((await run(['--call', callId])).text).toContain('No device has reported a connection.');
		const peer: PeerReport = {
			deviceId: annDevice,
			connectionState: 'failed',
			iceConnectionState: 'disconnected',
			iceGatheringState: 'complete',
			signalingState: 'have-local-offer',
			path: null,
			candidates: {
				local: { host: 2, srflx: 1, prflx: 0, relay: 0 },
				remote: { host: 0, srflx: 0, prflx: 0, relay: 4 }
			},
			restarts: 3,
			why: 'No network path \x1b[31mwas found.'
		};
		await bob.api.calls.reportConnection({ callId, deviceId: bobDevice, peers: [peer] });
		const { call } = await report('--call', callId.slice(0, 8).toUpperCase());
		const { deviceId: _deviceId, ...facts } = peer;
		expect(call).toMatchObject({
			callId,
			roomName: 'Kitchen',
			phase: 'active',
			participants: [{ displayName: 'Ann', invite: 'accepted' }, { invite: 'accepted' }],
			connections: [
				{ ...facts, deviceId: bobDevice, peerDeviceId: annDevice, peerDisplayName: 'Ann', present: true }
			]
		});
		const { text } = await run(['--call', callId]);
		expect(text).toContain('candidates: own 2 host, 1 srflx · theirs 4 relay');
		expect(text).toContain('failed by no path');
		expect(text).toContain('why: No network path �[31mwas found.');
	});

	test('a room, and a call of another room, narrow it', async () => {
		const room = await ann.api.rooms.create({ name: 'Attic' });
		expect(await report('--room', room.id)).toMatchObject({
			roomId: room.id,
			mailboxCount: 0,
			epochsRisen: 0,
			liveCalls: 0,
			mailboxes: [],
			signals: [],
			taken: 0,
			waiting: { count: 0, oldestMs: null }
		});
		expect(await report('--room', roomId)).toMatchObject({
			mailboxCount: 2,
			waiting: { count: 2 },
			taken: 1
		});
	});

	test('no more lines than asked for, and how many there are besides', async () => {
		const { mailboxes, moreMailboxes, signals: last } = await report('--limit', '1');
		expect(mailboxes).toHaveLength(1);
		expect(moreMailboxes).toBe(1);
		expect(last).toHaveLength(1);
		expect((await run(['--limit', '1'])).text).toContain('and 1 more (--limit)');
	});

	test('a signal that outlived its 30 seconds is told from one that waits', async () => {
		const userId = ann.userId;
		const id = randomUUID();
		await product.db.insert(devices).values({ id, userId });
		await product.db.insert(mailboxes).values({ id, head: 1 });
		await product.db.insert(signals).values({
			mailboxId: id,
			epoch: 1,
			seq: 1,
			fromDeviceId: bobDevice,
			callId,
			callVersion: 2,
			kind: 'answer',
			body: Buffer.from(SECRET),
			createdAt: sql`clock_timestamp() - interval '40 seconds'`,
			expiresAt: sql`clock_timestamp() - interval '10 seconds'`
		});
		const { waiting, mailboxes: lines, signals: last } = await report();
		expect(waiting).toMatchObject({ count: 3, overdue: 1 });
		expect(waiting.oldestMs).toBeGreaterThanOrEqual(40_000);
		// The longest waiting comes first, whatever call it is in; the oldest signal comes last.
		expect(lines[0]).toMatchObject({ deviceId: id, callId: null, waiting: 1 });
		expect(last.at(-1)).toMatchObject({ kind: 'answer', state: 'overdue' });
		await product.db.delete(devices).where(eq(devices.id, id));
	});
});

describe('on a screen', () => {
	test.each([80, 60, 40, 140])('%i cells wide, no line is wider', async (columns) => {
		const { text } = await run(['--call', callId], { isTTY: true, columns });
		for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
		expect(text).toContain('Ann');
	});

	test('colours only where the screen has them', async () => {
		await product.db.update(signals).set({ createdAt: sql`created_at - interval '20 seconds'` });
		const red = '\x1b[31m';
		const tty = { isTTY: true, columns: 100 };
		expect((await run([], { ...tty, hasColors: () => true })).text).toContain(red);
		expect((await run([], { ...tty, hasColors: () => false })).text).not.toContain('\x1b');
		expect((await run([], { hasColors: () => true })).text).not.toContain('\x1b');
	});

	test('what people wrote moves no cursor', async () => {
		for (const args of [[], ['--json'], ['--call', callId]]) {
			// eslint-disable-next-line no-control-regex -- that none comes through is the point
			expect((await run(args)).text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
		}
		expect((await run([])).text).toContain('Bob �[2JReversed');
	});
});

describe('what is asked wrongly', () => {
	test.each<[args: string[], told: RegExp]>([
		[['--wach'], /Unknown option '--wach'/],
		[['extra'], /Unexpected argument 'extra'/],
		[['--call'], /'--call <value>' argument missing/],
		[['--call', 'xyz'], /--call takes an id/],
		[['--call', 'abc'], /--call takes an id/],
		[['--room', '12345678-12345'], /--room takes an id/],
		[['--limit', '0'], /--limit takes a whole number/],
		[['--limit', 'many'], /--limit takes a whole number/],
		[['--limit', '1001'], /--limit takes a whole number/],
		[['--call', 'abcd', '--room', 'abcd'], /not both/],
		[['--json=yes'], /'--json' does not take an argument/]
	])('%j is one line, and exit code 2', async (args, told) => {
		const { code, text, complaints } = await run(args, {}, () => expect.fail('it looked for a database'));
		expect({ code, text }).toEqual({ code: 2, text: '' });
		expect(complaints).toEqual([expect.stringMatching(told)]);
		expect(complaints[0]).not.toContain('\n');
	});

	test('--help names every option', async () => {
		const { code, text } = await run(['--help'], {}, () => expect.fail('it looked for a database'));
		expect(code).toBe(0);
		for (const option of ['--watch', '--json', '--call', '--room', '--limit']) expect(text).toContain(option);
		for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
	});

	test.each([
		[['--call', 'ffff'], 'There is no call whose id begins with ffff.'],
		[['--room', '00000000-0000-4000-8000-000000000000'], /There is no room/]
	])('%j that is not there is one line', async (args, told) => {
		const { code, complaints } = await run(args);
		expect(code).toBe(1);
		expect(complaints).toEqual([expect.stringMatching(told)]);
	});

	test('a beginning that several ids share', async () => {
		for (const end of ['0', '1']) {
			await product.sql`insert into rooms (id, kind, name) values (${`eeeeeeee-0000-4000-8000-00000000000${end}`}, 'group', 'Twin')`;
		}
		expect((await run(['--room', 'eeee'])).complaints).toEqual([
			'More than one room begins with eeee: give more of its id.'
		]);
	});
});

describe('where nothing runs', () => {
	const failing = async (url: string) => {
		const { code, text, complaints } = await run([], {}, () => url);
		expect({ code, text }).toEqual({ code: 1, text: '' });
		expect(complaints).toHaveLength(1);
		expect(complaints[0]).not.toContain('\n');
		return complaints[0];
	};

	test('a database that no server uses', async () => {
		const database = await testDatabase();
		try {
			expect(await failing(database.url)).toBe('No running Parley is connected to this database.');
		} finally {
			await database.drop();
		}
	});

	test('a database of another version', async () => {
		const database = await testDatabase();
		const server = openDb(database.url); // by its name it is one
		try {
			await server.sql`drop table call_connections, signals cascade`;
			expect(await failing(database.url)).toContain('another version of Parley');
		} finally {
			await server.close();
			await database.drop();
		}
	});

	test('no database: never with its password', async () => {
		const told = await failing('postgres://parley:hush@127.0.0.1:1/parley');
		expect(told).toContain('ECONNREFUSED');
		expect(told).not.toContain('hush');
	});
});
