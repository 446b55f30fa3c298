import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { refusal } from './call-session-world';
import { createQualityReporter, type QualityReport } from './quality-reporter';
import type { TakenSample } from './quality-sampler';

const MINUTE = 60_000;
const RETRY_MS = 15_000;
const AT = { callId: 'a', deviceId: 'mine' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
	const send = vi.fn(async (_report: QualityReport) => undefined as void);
	const reporter = createQualityReporter({ send, now: Date.now });
	return {
		send,
		reporter,
		add(count = 1, at = AT) {
			const samples = Array.from({ length: count }, () => ({ until: Date.now() }) as TakenSample);
			reporter.add({ at, samples });
		},
		/** The numbers of each report. */
		sent: () => send.mock.calls.map(([{ samples }]) => samples.map(({ n }) => n))
	};
}

test('samples wait a minute for each other, and tell how long ago they were', async () => {
	const { add, send, sent } = setUp();
	add();
	await vi.advanceTimersByTimeAsync(20_000);
	add();
	expect(send).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(MINUTE);
	expect(sent()).toEqual([[1, 2]]);
	expect(send.mock.calls[0]?.[0]).toMatchObject({ ...AT, samples: [{ ageMs: 60_000 }, { ageMs: 40_000 }] });
	await vi.advanceTimersByTimeAsync(10 * MINUTE);
	expect(send).toHaveBeenCalledTimes(1);
});

test('at the end all of it goes at once, in batches, each of one stay', async () => {
	const { reporter, add, send, sent } = setUp();
	add(70);
	add(2, { callId: 'b', deviceId: 'mine' });
	reporter.flush();
	await vi.advanceTimersByTimeAsync(0);
	expect(sent().map((numbers) => [numbers.length, numbers[0]])).toEqual([
		[60, 1],
		[10, 61],
		[2, 71]
	]);
	expect(send.mock.calls.map(([{ callId }]) => callId)).toEqual(['a', 'a', 'b']);
});

test.each<[how: string, error: Error]>([
	['cannot be sent', new Error('no network')],
	['comes too soon', refusal('request/too-many')],
	['finds the server in trouble', refusal('server/unavailable')]
])('what %s is sent again later, by the same numbers', async (_how, error) => {
	const { reporter, add, send, sent } = setUp();
	send.mockRejectedValueOnce(error).mockRejectedValueOnce(error);
	add();
	reporter.flush();
	await vi.advanceTimersByTimeAsync(RETRY_MS);
	add();
	await vi.advanceTimersByTimeAsync(RETRY_MS);
	expect(sent()).toEqual([[1], [1], [1, 2]]);
	await vi.advanceTimersByTimeAsync(10 * MINUTE);
	expect(send).toHaveBeenCalledTimes(3);
});

test('what the server does not want is not sent again', async () => {
	const { reporter, add, send, sent } = setUp();
	send.mockRejectedValueOnce(refusal('call/over'));
	add();
	add(1, { callId: 'b', deviceId: 'mine' });
	reporter.flush();
	await vi.advanceTimersByTimeAsync(10 * MINUTE);
	expect(sent()).toEqual([[1], [2]]);
});

test('a link that is away for long costs the oldest samples, and no more memory', async () => {
	const { reporter, add, send, sent } = setUp();
	send.mockRejectedValue(new Error('no network'));
	for (let minute = 0; minute < 90; minute += 1) {
		add(6);
		await vi.advanceTimersByTimeAsync(MINUTE);
	}
	expect(reporter.unsent()?.samples[0]?.ageMs).toBeLessThanOrEqual(60 * MINUTE);
	add(10_000);
	send.mockClear();
	send.mockResolvedValue(undefined);
	reporter.flush();
	await vi.advanceTimersByTimeAsync(MINUTE);
	expect(sent().flat()).toHaveLength(600);
	expect(sent().flat().at(-1)).toBe(90 * 6 + 10_000);
});

test('one at a time is on its way, and what comes meanwhile follows it', async () => {
	const { reporter, add, send, sent } = setUp();
	let answer = () => {};
	send.mockImplementationOnce(() => new Promise<void>((resolve) => (answer = resolve)));
	add();
	reporter.flush();
	add();
	reporter.flush();
	expect(sent()).toEqual([[1]]);
	answer();
	await vi.advanceTimersByTimeAsync(0);
	expect(sent()).toEqual([[1], [2]]);
});

test('a page that goes takes with it what is not known to have arrived; back again, it is sent', async () => {
	const { reporter, add, sent } = setUp();
	add(2);
	expect(reporter.unsent()?.samples.map(({ n }) => n)).toEqual([1, 2]);
	await vi.advanceTimersByTimeAsync(MINUTE);
	expect(sent()).toEqual([[1, 2]]);
	expect(reporter.unsent()).toBeNull();
});

test('closed, it says nothing more', async () => {
	const { reporter, add, send } = setUp();
	add();
	reporter.close();
	await vi.advanceTimersByTimeAsync(10 * MINUTE);
	expect(send).not.toHaveBeenCalled();
});
