import { expect, test } from 'vitest';
import type { DeliveredSignal } from '../../call/core/signal';
import { createHandOver } from './hand-over';

const signal = (epoch: number, seq: number, bytes = 4): DeliveredSignal => ({
	epoch,
	seq,
	callId: 'call',
	fromDeviceId: 'device',
	envelope: { v: 1, kind: 'offer', callVersion: 1, body: 'A'.repeat(bytes) }
});
const range = (epoch: number, from: number, to: number, bytes?: number) =>
	Array.from({ length: to - from + 1 }, (_, i) => signal(epoch, from + i, bytes));

function setUp() {
	const handOver = createHandOver();
	const lane = handOver.open('d');
	const take = (epoch: number, seq: number) => lane.take({ epoch, seq }).map((one) => one.seq);
	return { handOver, lane, take };
}

test('hands over what comes right after the cursor, once', () => {
	const { handOver, take } = setUp();
	handOver.offer('d', range(1, 1, 2));
	handOver.offer('d', range(1, 3, 3));
	handOver.offer('another', range(1, 4, 4));
	expect(take(1, 0)).toEqual([1, 2, 3]);
	expect(take(1, 0)).toEqual([]);
});

test('passes over what the reader has already', () => {
	const { handOver, take } = setUp();
	handOver.offer('d', range(1, 1, 3));
	expect(take(1, 2)).toEqual([3]);
	handOver.offer('d', range(1, 4, 5));
	expect(take(1, 5)).toEqual([]);
});

test('what another server wrote in between leaves a hole: nothing past it is handed over before its turn', () => {
	const { handOver, take } = setUp();
	handOver.offer('d', range(1, 1, 1));
	handOver.offer('d', range(1, 3, 3));
	expect(take(1, 0)).toEqual([1]);
	handOver.offer('d', range(1, 5, 6));
	expect(take(1, 1)).toEqual([]);
	expect(take(1, 4)).toEqual([5, 6]);
});

test('what waits of an epoch that is over goes when the next one begins', () => {
	const { handOver, take } = setUp();
	handOver.offer('d', range(1, 1, 2));
	handOver.offer('d', range(2, 1, 1));
	expect(take(1, 0)).toEqual([]);
	expect(take(2, 0)).toEqual([1]);
});

test.each([
	['signals', 100, 4, 64],
	['bytes', 100, 32 * 1024, 4]
])('holds no more than so many %s for a reader that does not read', (_what, offered, bytes, held) => {
	const { handOver, take } = setUp();
	handOver.offer('d', range(1, 1, offered, bytes));
	expect(take(1, 0)).toHaveLength(held);
	handOver.offer('d', range(1, held + 1, held + 1)); // and goes on once it does
	expect(take(1, held)).toEqual([held + 1]);
});

test('knows who reads, until they close', () => {
	const { handOver, lane } = setUp();
	const second = handOver.open('d');
	lane.close();
	lane.close();
	expect(handOver.hasReaders('d')).toBe(true);
	second.close();
	expect(handOver.hasReaders('d')).toBe(false);
});
