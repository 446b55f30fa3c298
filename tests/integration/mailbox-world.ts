import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { SignalSend } from '../../src/lib/call/core/signal';
import { createMemoryBus } from '../../src/lib/server/bus/memory';
import { openDb, type Db } from '../../src/lib/server/db/client';
import {
	callDevices,
	callParticipants,
	calls,
	devices,
	mailboxes,
	rooms,
	users
} from '../../src/lib/server/db/schema';
import { createDevices } from '../../src/lib/server/signals/devices';
import { createSignals } from '../../src/lib/server/signals/signals';

/** The mailboxes as one server sees them: a pool and a bus of its own. */
export function openServer(url: string, { onFull }: { onFull?: (deviceId: string) => void } = {}) {
	const { db, sql, close } = openDb(url, { max: 4 });
	const bus = createMemoryBus();
	const signals = createSignals({ db, bus, ...(onFull && { onFull }) });
	return { db, sql, bus, signals, devices: createDevices({ db, bus }), close };
}

export type Server = ReturnType<typeof openServer>;

export async function addUser(db: Db): Promise<string> {
	const id = randomUUID();
	await db.insert(users).values({ id, username: id, displayName: 'Somebody', passwordHash: '' });
	return id;
}

export async function addDevice(db: Db, userId: string): Promise<string> {
	const id = randomUUID();
	await db.insert(devices).values({ id, userId });
	await db.insert(mailboxes).values({ id });
	return id;
}

/** An active call of one person whose devices talk to each other: the mailbox knows devices, not people. */
export async function addCall(db: Db, userId: string, deviceIds: readonly string[]): Promise<string> {
	const [roomId, callId, now] = [randomUUID(), randomUUID(), Date.now()];
	await db.insert(rooms).values({ id: roomId, kind: 'group', name: 'Room' });
	await db.insert(calls).values({
		id: callId,
		roomId,
		direct: false,
		kind: 'audio',
		phase: 'active',
		version: 7,
		callerId: userId,
		hostId: userId,
		startedAt: now
	});
	await db
		.insert(callParticipants)
		.values({ callId, userId, role: 'caller', invite: 'accepted', startedAt: now });
	await db.insert(callDevices).values(
		deviceIds.map((deviceId, index) => ({
			callId,
			deviceId,
			userId,
			presence: 'joined' as const,
			joinOrder: index + 1,
			joinedAt: now,
			microphoneEnabled: true,
			cameraEnabled: false
		}))
	);
	return callId;
}

/** A call with this many devices in it. */
export async function addCallOf(db: Db, deviceCount: number) {
	const userId = await addUser(db);
	const deviceIds: string[] = [];
	for (let i = 0; i < deviceCount; i++) deviceIds.push(await addDevice(db, userId));
	return { userId, deviceIds, callId: await addCall(db, userId, deviceIds) };
}

export const toBody = (text: string): string => Buffer.from(text).toString('base64');
export const fromBody = (body: string): string => Buffer.from(body, 'base64').toString();

/** Signals `firstN`, … whose bodies are these texts. */
export function sendOf(
	{ callId, from, to }: { callId: string; from: string; to: string },
	firstN: number,
	...texts: string[]
): SignalSend {
	return {
		callId,
		deviceId: from,
		toDeviceId: to,
		firstN,
		signals: texts.map((text) => ({ v: 1, kind: 'candidates', callVersion: 7, body: toBody(text) }))
	};
}

/** Two devices in a call, and the way from the first to the second. */
export async function twoInACall(server: Server) {
	const { userId, deviceIds, callId } = await addCallOf(server.db, 2);
	const [from, to] = deviceIds as [string, string];
	return { userId, callId, from, to, way: { callId, from, to }, start: { epoch: 1, seq: 0 } };
}

/** What a mailbox shows behind a cursor. */
export async function textsOf(
	{ signals }: Server,
	deviceId: string,
	cursor = { epoch: 1, seq: 0 }
): Promise<string[]> {
	const read = await signals.read(deviceId, cursor, 100);
	return read.signals.map(({ envelope }) => fromBody(envelope.body));
}

/** Whether the sweeper would find this mailbox. */
export async function isExpired({ signals }: Server, deviceId: string): Promise<boolean> {
	return (await signals.findExpired(1_000)).some((found) => found.deviceId === deviceId);
}

/** Matches a failure with this key and exactly these details. */
export const failure = (key: string, details: object = {}): unknown =>
	expect.objectContaining({ key, details });
