import { TRPCClientError } from '@trpc/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ERRORS, type ErrorKey } from '../call/core/errors';
import { OutboxRunner } from './outbox-runner';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const envelope = { v: 1, kind: 'offer', callVersion: 1, body: 'YQ==' } as const;
const refusal = (key: ErrorKey) =>
	TRPCClientError.from({
		error: { code: -32000, message: ERRORS[key].message, data: { key, details: {} } }
	} as never);

/** A server that answers the first try with this failure, and takes the second. */
function sendTo(failure: ErrorKey) {
	const tries: number[] = [];
	const refused: ErrorKey[] = [];
	const runner = new OutboxRunner({
		async send(_to, signals) {
			tries.push(...signals.map(({ n }) => n));
			if (tries.length === 1) throw refusal(failure);
		},
		socketStands: () => false,
		random: () => 0.5,
		onRefused: (_to, _callId, key) => refused.push(key),
		onRejected: () => {}
	});
	runner.queue('call', 'device', envelope);
	return { tries, refused };
}

test.each<ErrorKey>(['request/too-many', 'server/unavailable', 'server/internal'])(
	'%s: the same number again, after a rest',
	async (key) => {
		const { tries, refused } = sendTo(key);
		await vi.advanceTimersByTimeAsync(0);
		expect(tries).toEqual([1]);
		await vi.advanceTimersByTimeAsync(10_000);
		expect([tries, refused]).toEqual([[1, 1], []]);
	}
);

test('what the mailbox itself refuses is given up', async () => {
	const { tries, refused } = sendTo('signal/not-in-call');
	await vi.advanceTimersByTimeAsync(10_000);
	expect([tries, refused]).toEqual([[1], ['signal/not-in-call']]);
});
