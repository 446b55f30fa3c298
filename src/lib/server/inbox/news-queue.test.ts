import { expect, test } from 'vitest';
import { NewsQueue } from './news-queue';

test('the same thing twice is one wake-up, and of a mailbox the furthest counts', () => {
	const queue = new NewsQueue(undefined);
	queue.push({ type: 'mailbox', epoch: 2, head: 3 });
	queue.push({ type: 'mailbox', epoch: 1, head: 9 });
	queue.push({ type: 'mailbox', epoch: 2, head: 2 });
	queue.push({ type: 'call', callId: 'a', version: 1 });
	queue.push({ type: 'call', callId: 'a', version: 2 });
	queue.push({ type: 'room', roomId: 'r', stamp: 1 });
	queue.push({ type: 'membership', roomId: 'r', stamp: 2 });
	expect(queue.take()).toEqual([
		{ type: 'mailbox', epoch: 2, head: 3 },
		{ type: 'call', callId: 'a', version: 2 },
		{ type: 'membership', roomId: 'r', stamp: 2 }
	]);
	expect(queue.take()).toEqual([]);
});

test('waits until something comes, the signal aborts, it is closed, or the time is over', async () => {
	const stop = new AbortController();
	const queue = new NewsQueue(stop.signal);
	const woken = queue.wait();
	queue.push({ type: 'lost' });
	await woken;
	await queue.wait(); // it is still there
	queue.take();
	await queue.wait(1);
	const aborted = queue.wait();
	stop.abort();
	await aborted;
	await queue.wait();
	queue.close('device/not-found');
	queue.close('auth/session-expired'); // the first one counts
	expect(() => queue.take()).toThrow(expect.objectContaining({ key: 'device/not-found' }));
	queue.stop();
});
