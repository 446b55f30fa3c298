import { randomUUID } from 'node:crypto';
import type { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnv } from '../../src/lib/server/env';
import { createCallerFactory } from '../../src/lib/server/trpc/base';
import { appRouter } from '../../src/lib/server/trpc/router';
import { createServices } from '../../src/lib/server/wire';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { addCallOf, addUser, openServer, sendOf, type Server } from './mailbox-world';

let database: TestDatabase;
let server: Server;
let services: ReturnType<typeof createServices>['services'];

beforeAll(async () => {
	database = await testDatabase();
	server = openServer(database.url);
	const env = readEnv({ TURN_URLS: 'turn:turn.example.org', TURN_SECRET: 'a-shared-secret-16' });
	const onError = (error: unknown) => expect.fail(String(error));
	services = createServices({ env, connection: server, onError }).services;
});

afterAll(async () => {
	await server.close();
	await database.drop();
});

/** The API as this person's program calls it. */
function apiOf(userId: string | null) {
	const person = { username: 'somebody', displayName: 'Somebody', via: 'token', id: randomUUID() } as const;
	const identity = userId === null ? null : { ...person, userId, expiresAt: null };
	return createCallerFactory(appRouter)({
		services,
		identity,
		hasCredentials: identity !== null,
		ip: '',
		cookie: null
	});
}

async function failureOf(call: Promise<unknown>): Promise<{ code: string; key: unknown }> {
	const error = (await call.then(
		() => expect.fail('it did not fail'),
		(reason: unknown) => reason
	)) as TRPCError;
	return { code: error.code, key: (error.cause as { key?: unknown } | undefined)?.key };
}

describe('signals.send', () => {
	test('a device of one’s own sends; somebody else’s looks like one that does not exist', async () => {
		const { userId, deviceIds, callId } = await addCallOf(server.db, 2);
		const [from, to] = deviceIds as [string, string];
		const send = sendOf({ callId, from, to }, 1, 'a');
		await expect(apiOf(userId).signals.send(send)).resolves.toEqual({
			outcomes: [{ n: 1, status: 'taken' }]
		});

		const notFound = { code: 'NOT_FOUND', key: 'device/not-found' };
		const stranger = apiOf(await addUser(server.db));
		await expect(failureOf(stranger.signals.send({ ...send, firstN: 2 }))).resolves.toEqual(notFound);
		await expect(failureOf(stranger.signals.send({ ...send, deviceId: randomUUID() }))).resolves.toEqual(
			notFound
		);
		await expect(failureOf(apiOf(null).signals.send(send))).resolves.toEqual({
			code: 'UNAUTHORIZED',
			key: 'auth/required'
		});
	});

	test('each refusal has its own status', async () => {
		const { userId, deviceIds, callId } = await addCallOf(server.db, 2);
		const [from, to] = deviceIds as [string, string];
		const { send } = apiOf(userId).signals;
		const way = { callId, from, to };
		await expect(failureOf(send(sendOf(way, 3, 'c')))).resolves.toEqual({
			code: 'CONFLICT',
			key: 'signal/gap'
		});
		await expect(failureOf(send(sendOf({ ...way, callId: randomUUID() }, 1, 'a')))).resolves.toEqual({
			code: 'CONFLICT',
			key: 'signal/not-in-call'
		});
		const half = 'x'.repeat(20_000);
		await expect(failureOf(send(sendOf(way, 1, half, half)))).resolves.toEqual({
			code: 'PAYLOAD_TOO_LARGE',
			key: 'signal/too-large'
		});
	});

	test.each<[title: string, change: object]>([
		['no signals', { signals: [] }],
		['a number below 1', { firstN: 0 }],
		['an id that is none', { toDeviceId: 'x' }],
		['another version of the envelope', { signals: [{ v: 2, kind: 'offer', callVersion: 1, body: 'YQ==' }] }],
		['a kind we do not know', { signals: [{ v: 1, kind: 'bye', callVersion: 1, body: 'YQ==' }] }],
		['a body that is not base64', { signals: [{ v: 1, kind: 'offer', callVersion: 1, body: 'v=0 o=-' }] }],
		['an empty body', { signals: [{ v: 1, kind: 'offer', callVersion: 1, body: '' }] }]
	])('%s is refused as bad input', async (_title, change) => {
		const { userId, deviceIds, callId } = await addCallOf(server.db, 2);
		const [from, to] = deviceIds as [string, string];
		const { code } = await failureOf(
			apiOf(userId).signals.send({ ...sendOf({ callId, from, to }, 1, 'a'), ...change })
		);
		expect(code).toBe('BAD_REQUEST');
		await expect(server.signals.head(to)).resolves.toEqual({ epoch: 1, seq: 0 });
	});
});

describe('ice.servers', () => {
	test('a call one may not see gives no TURN credentials, and looks like one that does not exist', async () => {
		const { callId } = await addCallOf(server.db, 1);
		const stranger = apiOf(await addUser(server.db));
		const notFound = { code: 'NOT_FOUND', key: 'call/not-found' };
		await expect(failureOf(stranger.ice.servers({ callId }))).resolves.toEqual(notFound);
		await expect(failureOf(stranger.ice.servers({ callId: randomUUID() }))).resolves.toEqual(notFound);
	});

	test('somebody in the call gets credentials of their own', async () => {
		const { callId, userId } = await addCallOf(server.db, 1);
		await server.sql`
			insert into room_members (room_id, user_id, role)
			select room_id, ${userId}, 'owner' from calls where id = ${callId}`;
		const { iceServers, expiresAt } = await apiOf(userId).ice.servers({ callId });
		expect(iceServers.at(-1)).toMatchObject({
			urls: ['turn:turn.example.org'],
			username: `${Number(expiresAt) / 1000}:${userId}`
		});
	});
});
