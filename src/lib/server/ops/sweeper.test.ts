import { expect, test, vi } from 'vitest';
import { startSweeper } from './sweeper';

function sweeperAt(clock: { now: number }, sweepDeadlines: () => Promise<number>) {
	const done: string[] = [];
	const sweeper = startSweeper({
		now: () => clock.now,
		sweepDeadlines: async () => {
			done.push('deadlines');
			return sweepDeadlines();
		},
		writeCallLines: async () => 0,
		forgiveSilence: async () => void done.push('forgive'),
		resetExpiredMailboxes: async () => void done.push('mailboxes'),
		sweepRows: async () => void done.push('rows'),
		onError: () => done.push('error')
	});
	return { sweeper, done };
}

test('silence is forgiven at the start, and after the database was out of reach, but not in between', async () => {
	vi.useFakeTimers();
	try {
		const clock = { now: 0 };
		let down = false;
		const { sweeper, done } = sweeperAt(clock, async () => {
			if (down) throw new Error('no database');
			return 0;
		});
		await vi.advanceTimersByTimeAsync(0);
		expect(done).toEqual(['forgive', 'deadlines', 'mailboxes']);

		clock.now += 500;
		await vi.advanceTimersByTimeAsync(500);
		expect(done.slice(3)).toEqual(['deadlines', 'mailboxes']);

		down = true;
		done.length = 0;
		clock.now += 5_000;
		await vi.advanceTimersByTimeAsync(500);
		expect(done).toEqual(['forgive', 'deadlines', 'error']);

		// Back: what was forgiven before the outage ended is forgiven again.
		down = false;
		done.length = 0;
		clock.now += 5_000;
		await vi.advanceTimersByTimeAsync(500);
		expect(done).toEqual(['forgive', 'deadlines', 'mailboxes', 'rows']);
		await sweeper.stop();
	} finally {
		vi.useRealTimers();
	}
});

test('stop waits for the sweep that runs, and none follows', async () => {
	let finish = () => {};
	const { sweeper, done } = sweeperAt(
		{ now: 0 },
		() => new Promise((resolve) => (finish = () => resolve(0)))
	);
	await vi.waitFor(() => expect(done).toContain('deadlines'));
	const stopped = sweeper.stop();
	finish();
	await stopped;
	expect(done.filter((what) => what === 'deadlines')).toHaveLength(1);
});
