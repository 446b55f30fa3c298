import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PeerReport } from '../core/connection-report';
import { createConnectionReporter } from './connection-reporter';

const SETTLED_MS = 500;
const INTERVAL_MS = 2_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(send = vi.fn(async (_peers: PeerReport[]) => undefined as void)) {
	let restarts = 0;
	const reporter = createConnectionReporter({
		read: () => [{ deviceId: 'bob', restarts }] as unknown as PeerReport[],
		send
	});
	return {
		reporter,
		send,
		change() {
			restarts += 1;
			reporter.noticeChange();
		},
		told: () => send.mock.calls.map(([peers]) => peers[0]?.restarts)
	};
}

test('what changes together is told once, and what did not change is not told', async () => {
	const { reporter, change, told } = setUp();
	change();
	change();
	expect(told()).toEqual([]);
	await vi.advanceTimersByTimeAsync(SETTLED_MS);
	expect(told()).toEqual([2]);
	for (let n = 0; n < 10; n += 1) {
		reporter.noticeChange();
		await vi.advanceTimersByTimeAsync(1_000);
	}
	expect(told()).toEqual([2]);
});

test('a connection that changes all the time is told of every two seconds, and its last word is told', async () => {
	const { change, told } = setUp();
	for (let n = 0; n < 100; n += 1) {
		change();
		await vi.advanceTimersByTimeAsync(100);
	}
	await vi.advanceTimersByTimeAsync(INTERVAL_MS);
	expect(told().length).toBeLessThanOrEqual(1 + 12_000 / INTERVAL_MS);
	expect(told().at(-1)).toBe(100);
});

test.each<[how: string, send: () => Promise<void>]>([
	['is refused', () => Promise.reject(new Error('refused'))],
	[
		'cannot even be sent',
		() => {
			throw new Error('no network here');
		}
	]
])('one that %s is not repeated; the next change is told', async (_how, fail) => {
	const { change, told } = setUp(vi.fn(fail));
	change();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(told()).toEqual([1]);
	change();
	await vi.advanceTimersByTimeAsync(SETTLED_MS);
	expect(told()).toEqual([1, 2]);
});

test('while one is on its way no other is sent', async () => {
	let answer = () => {};
	const send = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
	const { change, told } = setUp(send);
	change();
	await vi.advanceTimersByTimeAsync(SETTLED_MS);
	change();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(told()).toEqual([1]);
	answer();
	await vi.advanceTimersByTimeAsync(SETTLED_MS);
	expect(told()).toEqual([1, 2]);
});

test('closed, it says nothing more', async () => {
	const { reporter, change, told } = setUp();
	change();
	reporter.close();
	change();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(told()).toEqual([]);
});
