import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiTokens, sessions, users } from '../../src/lib/server/db/schema';
import { startServer, type TestServer } from '../fixtures/server';
import { createDrivers, isServersFault, type Answer, type Credentials } from './hostile-drivers';
import { hostileInputs, type Ids } from './hostile-inputs';

const TOTAL = process.env.LONG ? 1_000_000 : 5_000;
/** So many at a time, each lot with people of its own: what one lot destroys, the next one has again. */
const LOT = 1_000;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

let server: TestServer;
beforeAll(async () => {
	// The rate limits are another test's business: here everything must reach what lies behind them.
	server = await startServer({ STUN_URLS: 'none', PARLEY_LIMITS: '1000000' });
}, 60_000);
afterAll(() => server?.stop());

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

async function addSession(userId: string): Promise<{ cookie: string }> {
	const secret = randomBytes(32).toString('base64url');
	const expiresAt = new Date(Date.now() + 3_600_000);
	await server.database.db.insert(sessions).values({ id: hashOf(secret), userId, expiresAt });
	return { cookie: `parley_session=${secret}` };
}

async function addUser(): Promise<string> {
	const [row] = await server.database.db
		.insert(users)
		.values({ username: `user-${randomUUID()}`.slice(0, 32), displayName: 'Somebody', passwordHash: 'none' })
		.returning({ id: users.id });
	return row!.id;
}

async function addToken(userId: string): Promise<{ id: string; secret: string }> {
	const secret = `parley_${randomBytes(32).toString('base64url')}`;
	const [row] = await server.database.db
		.insert(apiTokens)
		.values({ userId, name: 'one', tokenHash: hashOf(secret) })
		.returning({ id: apiTokens.id });
	return { id: row!.id, secret };
}

async function ask<T>(path: string, input: unknown, headers: Record<string, string>): Promise<T> {
	const response = await fetch(`${server.url}/trpc/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: server.url, ...headers },
		body: JSON.stringify(input)
	});
	const { result } = (await response.json()) as { result: { data: T } };
	return result.data;
}

/** Somebody with a room, a live call with another person in it, a device and a token. */
async function newWorld(): Promise<{ ids: Ids; credentials: Credentials }> {
	const [user, guest] = [await addUser(), await addUser()];
	const [session, guestSession] = [await addSession(user), await addSession(guest)];
	const [used, spare] = [await addToken(user), await addToken(user)];
	const { id: room } = await ask<{ id: string }>('rooms.create', { name: 'A room' }, session);
	const { code } = await ask<{ code: string }>('rooms.inviteCode', { roomId: room }, session);
	await ask('rooms.join', { code }, guestSession);
	const { deviceId: device } = await ask<{ deviceId: string }>('inbox.open', undefined, session);
	const { deviceId: other } = await ask<{ deviceId: string }>('inbox.open', undefined, guestSession);
	const media = { microphoneEnabled: true, cameraEnabled: false };
	const started = { roomId: room, deviceId: device, kind: 'audio', ...media };
	const { id: call } = await ask<{ id: string }>('calls.start', started, session);
	await ask('calls.accept', { callId: call, deviceId: other, ...media }, guestSession);
	return {
		ids: { room, call, device, other, user, token: spare.id },
		credentials: {
			nobody: {},
			session,
			leaving: await addSession(user),
			token: { authorization: `Bearer ${used.secret}` },
			ended: { cookie: `parley_session=${randomBytes(32).toString('base64url')}` }
		}
	};
}

test(
	`${TOTAL} hostile inputs on every path: no crash, no 5xx, nothing logged as an error`,
	{ timeout: TOTAL * 10 + 60_000 },
	async () => {
		for (let sent = 0; sent < TOTAL; sent += LOT) {
			const { ids, credentials } = await newWorld();
			const faults: Answer[] = [];
			const drivers = createDrivers(server.url, credentials, (answer) => {
				if (isServersFault(answer)) faults.push(answer);
			});
			await drivers.send(fc.sample(hostileInputs(ids), { seed: SEED + sent, numRuns: LOT }));
			drivers.close();
			const told = `SEED=${SEED}, lot from ${sent}`;
			expect(faults, told).toEqual([]);
			expect(server.output(), told).toMatch(/^Parley is at \S+\s*$/);
			expect((await fetch(`${server.url}/healthz`)).status, told).toBe(200);
		}
	}
);
