import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { PeerReport } from '../../src/lib/call/core/connection-report';
import { callConnections, calls } from '../../src/lib/server/db/schema';
import { keyOf } from '../fixtures/product';
import { accept, ann, annDevice, bob, bobDevice, media, product, roomId, startCall } from './people-fixture';

let callId: string;

beforeEach(async () => {
	callId = (await startCall()).id;
});

function report(deviceId: string, over: Partial<PeerReport> = {}): PeerReport {
	return {
		deviceId,
		connectionState: 'connecting',
		iceConnectionState: 'checking',
		iceGatheringState: 'gathering',
		signalingState: 'stable',
		path: null,
		candidates: {
			local: { host: 2, srflx: 1, prflx: 0, relay: 0 },
			remote: { host: 0, srflx: 0, prflx: 0, relay: 3 }
		},
		restarts: 0,
		why: null,
		...over
	};
}

const annReports = (over?: Partial<PeerReport>) =>
	ann.api.calls.reportConnection({ callId, deviceId: annDevice, peers: [report(bobDevice, over)] });
const bobReports = (over?: Partial<PeerReport>) =>
	bob.api.calls.reportConnection({ callId, deviceId: bobDevice, peers: [report(annDevice, over)] });

describe('calls.reportConnection, calls.connection', () => {
	test('what each device says of its connections is what the members read', async () => {
		await accept(callId);
		await annReports({ connectionState: 'connected', path: 'host' });
		await bobReports({ connectionState: 'failed', why: 'No network path.', restarts: 3 });
		const { serverNow, devices, connections } = await bob.api.calls.connection({ callId });
		expect(devices).toEqual([
			{ deviceId: bobDevice, userId: bob.userId, displayName: 'Bob', presence: 'joined' },
			{ deviceId: annDevice, userId: ann.userId, displayName: 'Ann', presence: 'joined' }
		]);
		const { deviceId: _peer, ...facts } = report(bobDevice);
		expect(connections).toEqual([
			{
				...facts,
				deviceId: bobDevice,
				peerDeviceId: annDevice,
				connectionState: 'failed',
				why: 'No network path.',
				restarts: 3,
				reportedAt: expect.any(Number)
			},
			{
				...facts,
				deviceId: annDevice,
				peerDeviceId: bobDevice,
				connectionState: 'connected',
				path: 'host',
				reportedAt: expect.any(Number)
			}
		]);
		for (const { reportedAt } of connections) {
			expect(reportedAt).toBeLessThanOrEqual(serverNow);
			expect(reportedAt).toBeGreaterThan(serverNow - 60_000);
		}
	});

	test('rows that refer to a device while it leaves are not waited for: two such waits would be a deadlock', async () => {
		await accept(callId);
		await product.db.transaction(async (tx) => {
			// What the database does for each foreign key, until the writer commits.
			await tx.execute(sql`select from call_devices where call_id = ${callId} for key share`);
			await ann.api.calls.leave({ callId, deviceId: annDevice });
		});
		expect((await bob.api.calls.get({ callId })).phase).toBe('ended');
	}, 5_000);

	test('the last word counts, and stands after the call', async () => {
		await accept(callId);
		await annReports();
		await annReports({ connectionState: 'connected', path: 'relay' });
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		const { devices, connections } = await bob.api.calls.connection({ callId });
		expect(devices.map(({ presence }) => presence)).toEqual(['left', 'left']);
		expect(connections).toMatchObject([{ connectionState: 'connected', path: 'relay' }]);
	});

	test('of a device that never was in the call, and of itself, nothing is kept', async () => {
		await accept(callId);
		const peers = [report(randomUUID()), report(annDevice)];
		await ann.api.calls.reportConnection({ callId, deviceId: annDevice, peers });
		expect((await ann.api.calls.connection({ callId })).connections).toEqual([]);
	});

	test('only a device that is in the live call may report', async () => {
		expect(await keyOf(bobReports())).toBe('call/not-a-participant');
		await accept(callId);
		await bob.api.calls.leave({ callId, deviceId: bobDevice });
		expect(await keyOf(bobReports())).toBe('call/not-a-participant');
		expect(await keyOf(annReports())).toBe('call/not-a-participant');
	});

	test('more than a page ever sends is refused, with a time', async () => {
		await accept(callId);
		const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => annReports()));
		const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
		expect(refused).toHaveLength(5);
		for (const { reason } of refused) {
			expect(reason.cause).toMatchObject({ key: 'request/too-many' });
			expect(reason.cause.details.retryAfterMs).toBeGreaterThan(0);
		}
		await bobReports(); // somebody else's are not counted with them
	});

	test('it raises no version and wakes nobody', async () => {
		const { version } = await accept(callId);
		// Not `subscribeAll`: the heads check, which runs beside this, tells what it finds of other tests' changes.
		const published = vi.spyOn(product.bus, 'publish');
		await annReports();
		expect(published).not.toHaveBeenCalled();
		published.mockRestore();
		expect((await ann.api.calls.get({ callId })).version).toBe(version);
	});

	test('reports go with their call, and after a week', async () => {
		await accept(callId);
		await Promise.all([annReports(), bobReports()]);
		const kept = () => product.db.select().from(callConnections).where(eq(callConnections.callId, callId));
		await product.db
			.update(callConnections)
			.set({ reportedAt: sql`clock_timestamp() - interval '8 days'` })
			.where(eq(callConnections.deviceId, annDevice));
		expect(await product.services.calls.sweepConnections()).toBe(1);
		expect(await kept()).toMatchObject([{ deviceId: bobDevice }]);
		await product.db.delete(calls).where(eq(calls.id, callId));
		expect(await kept()).toEqual([]);
	});

	test('a call of a room one is not in looks like no call', async () => {
		await accept(callId);
		const cat = await product.person('Cat');
		const { deviceId } = await cat.api.inbox.open();
		expect(await keyOf(cat.api.calls.connection({ callId }))).toBe('call/not-found');
		const peers = [report(annDevice)];
		expect(await keyOf(cat.api.calls.reportConnection({ callId, deviceId, peers }))).toBe('call/not-found');
		expect(await keyOf(cat.api.calls.reportConnection({ callId, deviceId: annDevice, peers }))).toBe(
			'device/not-found'
		);
	});
});

describe('calls.state', () => {
	test('a room without a call says so, with the clock', async () => {
		await ann.api.calls.leave({ callId, deviceId: annDevice });
		const state = await bob.api.calls.state({ roomId });
		expect(state).toEqual({ serverNow: expect.any(Number), call: null, connections: [] });
	});

	test('the live call, whole, with the connections between devices that are in it', async () => {
		expect(await bob.api.calls.state({ roomId })).toMatchObject({
			call: { id: callId, phase: 'ringing', version: 1, activeAt: null },
			connections: []
		});
		await accept(callId);
		const soundOnly = { microphoneEnabled: true, cameraEnabled: false };
		await bob.api.calls.setMedia({ callId, deviceId: bobDevice, ...soundOnly });
		await Promise.all([annReports(), bobReports()]);
		const { serverNow, call, connections } = await bob.api.calls.state({ roomId });
		expect(call).toEqual(await bob.api.calls.get({ callId }));
		expect(
			call?.devices.map(({ microphoneEnabled, cameraEnabled }) => [microphoneEnabled, cameraEnabled])
		).toEqual([
			[true, true],
			[true, false]
		]);
		expect(call?.activeAt).toBeLessThanOrEqual(serverNow);
		expect(connections.map(({ deviceId, peerDeviceId }) => [deviceId, peerDeviceId])).toEqual([
			[bobDevice, annDevice],
			[annDevice, bobDevice]
		]);

		// After a reload there is another device, and what was said of the first is history.
		const { deviceId } = await bob.api.inbox.open();
		await bob.api.calls.join({ callId, deviceId, replaces: bobDevice, ...media });
		expect((await ann.api.calls.state({ roomId })).connections).toEqual([]);
		expect((await ann.api.calls.connection({ callId })).connections).toHaveLength(2);
	});

	test('a room one is not in looks like no room', async () => {
		const cat = await product.person('Cat');
		expect(await keyOf(cat.api.calls.state({ roomId }))).toBe('room/not-found');
	});
});
