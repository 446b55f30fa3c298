import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_REPORTED_SAMPLES, type QualitySample } from '../../src/lib/call/core/call-quality';
import { callQuality, calls } from '../../src/lib/server/db/schema';
import { keyOf } from '../fixtures/product';
import { accept, ann, annDevice, bob, bobDevice, cat, media, product, startCall } from './people-fixture';

let callId: string;

beforeEach(async () => {
	callId = (await startCall()).id;
	await accept(callId);
});

function sample(n: number, over: Partial<QualitySample> = {}): QualitySample {
	return {
		peerDeviceId: bobDevice,
		n,
		ageMs: 0,
		overMs: 10_000,
		downMs: 0,
		roundTripMs: 40,
		lossInPercent: 6.25,
		lossOutPercent: null,
		kbitIn: 900,
		kbitOut: 800,
		framesPerSecond: 20,
		jitterMs: 3,
		path: 'host',
		restarts: 0,
		...over
	};
}

const annReports = (...samples: QualitySample[]) =>
	ann.api.calls.reportQuality({ callId, deviceId: annDevice, samples });
const bobReports = (...samples: QualitySample[]) =>
	bob.api.calls.reportQuality({ callId, deviceId: bobDevice, samples });
const kept = () =>
	product.db.select().from(callQuality).where(eq(callQuality.callId, callId)).orderBy(callQuality.n);
const end = () => ann.api.calls.leave({ callId, deviceId: annDevice });

/** As if the call had begun, or been over, so long ago. */
const backdate = (column: 'active_at' | 'ended_at', interval: string) =>
	product.db.execute(
		sql.raw(`update calls set ${column} = ${column} - interval '${interval}' where id = '${callId}'`)
	);

describe('what is reported', () => {
	test('is what everybody in the call reads, during it and afterwards', async () => {
		await annReports(sample(1));
		await bobReports(sample(1, { peerDeviceId: annDevice, path: 'relay', lossInPercent: null, restarts: 2 }));
		const during = await bob.api.calls.quality({ callId });
		await end();
		const after = await ann.api.calls.quality({ callId });
		expect(after.stretches).toEqual(during.stretches);
		expect(after.devices).toEqual([
			{
				deviceId: annDevice,
				userId: ann.userId,
				displayName: 'Ann',
				joinedAt: expect.any(Number),
				leftAt: expect.any(Number)
			},
			{
				deviceId: bobDevice,
				userId: bob.userId,
				displayName: 'Bob',
				joinedAt: expect.any(Number),
				leftAt: expect.any(Number)
			}
		]);
		const { n: _n, ageMs: _age, ...measured } = sample(1);
		const byAnn = after.stretches.find((one) => one.deviceId === annDevice);
		expect(byAnn).toEqual({
			...measured,
			deviceId: annDevice,
			from: expect.any(Number),
			until: expect.any(Number)
		});
		expect((byAnn?.until ?? 0) - (byAnn?.from ?? 0)).toBe(10_000);
		expect(after.until - (byAnn?.until ?? 0)).toBeLessThan(5_000);
		expect(after.stretches.find((one) => one.deviceId === bobDevice)).toMatchObject({
			peerDeviceId: annDevice,
			path: 'relay',
			lossInPercent: null,
			restarts: 2
		});
	});

	test('twice is stored once, as it was the first time, also when both are on their way at once', async () => {
		await Promise.all([annReports(sample(1), sample(2)), annReports(sample(1), sample(2))]);
		await annReports(sample(2, { kbitIn: 1 }), sample(3));
		expect((await kept()).map(({ n, kbitIn }) => [n, kbitIn])).toEqual([
			[1, 900],
			[2, 900],
			[3, 900]
		]);
	});

	test('late tells when it was measured', async () => {
		await annReports(sample(1, { ageMs: 600_000 }), sample(2));
		const [first, second] = await kept();
		expect((second?.until ?? 0) - (first?.until ?? 0)).toBe(600_000);
	});

	test('may be as small as a number can be', async () => {
		await annReports(sample(1, { lossInPercent: 5e-324, lossOutPercent: 0.12345 }));
		expect(await kept()).toMatchObject([{ lossInPercent: 0, lossOutPercent: 0.123 }]);
	});

	test('of a device that never was in the call, and of itself, is not kept', async () => {
		await annReports(sample(1, { peerDeviceId: randomUUID() }), sample(2, { peerDeviceId: annDevice }));
		expect(await kept()).toEqual([]);
	});

	test.each<[what: string, over: Partial<Record<keyof QualitySample, unknown>>]>([
		['a share above all', { lossInPercent: 100.5 }],
		['a share below none', { lossOutPercent: -1 }],
		['no number', { lossInPercent: Number.NaN }],
		['an endless one', { kbitIn: Number.POSITIVE_INFINITY }],
		['a round trip of a minute and more', { roundTripMs: 60_001 }],
		['half a frame', { framesPerSecond: 7.5 }],
		['a path nobody knows', { path: '10.0.0.1' }],
		['a number that is none', { n: 0 }],
		['a number past all', { n: 1_000_001 }],
		['what is older than an hour', { ageMs: 3_600_001 }],
		['what took no time', { overMs: 0 }]
	])('is refused: %s', async (_what, over) => {
		expect(await keyOf(annReports(sample(1, over as Partial<QualitySample>)))).toBe('input/invalid');
		expect(await kept()).toEqual([]);
	});

	test('is refused where it is too much at once, or nothing', async () => {
		const many = Array.from({ length: MAX_REPORTED_SAMPLES + 1 }, (_, index) => sample(index + 1));
		expect(await keyOf(annReports(...many))).toBe('input/invalid');
		expect(await keyOf(annReports())).toBe('input/invalid');
		await annReports(...many.slice(1));
		expect(await kept()).toHaveLength(MAX_REPORTED_SAMPLES);
	});

	test('more often than a page ever does is refused, with a time', async () => {
		const outcomes = await Promise.allSettled(
			Array.from({ length: 9 }, (_, index) => annReports(sample(index + 1)))
		);
		const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
		expect(refused).toHaveLength(3);
		for (const { reason } of refused) {
			expect(reason.cause).toMatchObject({ key: 'request/too-many' });
			expect(reason.cause.details.retryAfterMs).toBeGreaterThan(0);
		}
		await bobReports(sample(1, { peerDeviceId: annDevice })); // somebody else's are not counted with them
	});

	test('raises no version and wakes nobody', async () => {
		const { version } = await ann.api.calls.get({ callId });
		let heard = 0;
		const stop = product.bus.subscribeAll(() => (heard += 1));
		await annReports(sample(1));
		stop();
		expect(heard).toBe(0);
		expect((await ann.api.calls.get({ callId })).version).toBe(version);
	});
});

describe('who may report', () => {
	test('a device that was in the call, its last seconds, and not long after the end', async () => {
		await bob.api.calls.leave({ callId, deviceId: bobDevice });
		await bobReports(sample(1, { peerDeviceId: annDevice }));
		await backdate('ended_at', '61 minutes');
		expect(await keyOf(bobReports(sample(2, { peerDeviceId: annDevice })))).toBe('call/over');
		expect(await kept()).toHaveLength(1);
	});

	test('nobody for a device that is not theirs, or was not in the call', async () => {
		const other = (await ann.api.inbox.open()).deviceId;
		const report = (deviceId: string) =>
			keyOf(ann.api.calls.reportQuality({ callId, deviceId, samples: [sample(1)] }));
		expect(await report(bobDevice)).toBe('call/not-a-participant');
		expect(await report(other)).toBe('call/not-a-participant');
		expect(await report(randomUUID())).toBe('call/not-a-participant');
		const { deviceId } = await cat.api.inbox.open();
		expect(await keyOf(cat.api.calls.reportQuality({ callId, deviceId, samples: [sample(1)] }))).toBe(
			'call/not-found'
		);
		expect(await kept()).toEqual([]);
	});
});

describe('who may read', () => {
	test('who was asked into the call, and nobody else of the room', async () => {
		const group = (await ann.api.rooms.create({ name: 'Three' })).id;
		await bob.api.rooms.join(await ann.api.rooms.inviteCode({ roomId: group }));
		await end();
		const call = await ann.api.calls.start({ roomId: group, deviceId: annDevice, kind: 'audio', ...media });
		await cat.api.rooms.join(await ann.api.rooms.inviteCode({ roomId: group })); // after it began
		await bob.api.calls.decline({ callId: call.id });
		expect((await bob.api.calls.quality({ callId: call.id })).stretches).toEqual([]);
		expect(await keyOf(cat.api.calls.quality({ callId: call.id }))).toBe('call/not-found');
		expect(await keyOf(cat.api.calls.quality({ callId }))).toBe('call/not-found');
		expect(await keyOf(ann.api.calls.quality({ callId: randomUUID() }))).toBe('call/not-found');
		expect(await keyOf(product.stranger().calls.quality({ callId }))).toBe('auth/required');
	});

	test('not who has deleted it from their history', async () => {
		await end();
		await bob.api.calls.hide({ callId });
		expect(await keyOf(bob.api.calls.quality({ callId }))).toBe('call/not-found');
		await ann.api.calls.quality({ callId });
	});
});

test('of a long call, samples of one stretch are one: means by time', async () => {
	await backdate('active_at', '15 minutes');
	const began = (await ann.api.calls.quality({ callId })).from;
	await annReports(
		sample(1, { lossInPercent: 12, jitterMs: 9, overMs: 5_000, roundTripMs: null, path: 'host' }),
		sample(2, { lossInPercent: 0, jitterMs: 3, roundTripMs: 50, path: 'relay', restarts: 1, downMs: 400 })
	);
	await product.db.execute(
		sql`update call_quality set until = to_timestamp((${began}::float8 + case n when 1 then 45000 else 55000 end) / 1000) where call_id = ${callId}`
	);
	const { stretches, stretchMs } = await ann.api.calls.quality({ callId });
	expect(stretchMs).toBe(20_000);
	expect(stretches).toHaveLength(1);
	expect(stretches[0]).toMatchObject({
		from: began + 40_000,
		until: began + 55_000,
		overMs: 15_000,
		downMs: 400,
		lossInPercent: 4,
		roundTripMs: 50,
		jitterMs: 5,
		path: 'relay',
		restarts: 1
	});
});

test('it goes with its call, and after a week', async () => {
	await annReports(sample(1), sample(2));
	await product.db
		.update(callQuality)
		.set({ until: sql`clock_timestamp() - interval '8 days'` })
		.where(eq(callQuality.n, 1));
	expect(await product.services.calls.sweepQuality()).toBeGreaterThanOrEqual(1);
	expect(await kept()).toMatchObject([{ n: 2 }]);
	await product.db.delete(calls).where(eq(calls.id, callId));
	expect(await kept()).toEqual([]);
});
