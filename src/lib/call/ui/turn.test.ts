import { expect, test, vi } from 'vitest';
import { takeTurn } from './turn';

// Node has none of its own before 24: one lock, as the standard has it.
function createLocks() {
	let last: Promise<unknown> = Promise.resolve();
	const request = async (_name: string, { signal }: { signal: AbortSignal }, run: () => unknown) => {
		const before = last;
		let done = () => {};
		last = new Promise<void>((resolve) => (done = resolve));
		try {
			await before;
			signal.throwIfAborted();
			await run();
		} finally {
			done();
		}
	};
	return { request } as unknown as Pick<LockManager, 'request'>;
}

test('one at a time, and the next when it is given up', async () => {
	const locks = createLocks();
	const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
	const giveUp = takeTurn(locks, 'ring', first);
	const giveUpSecond = takeTurn(locks, 'ring', second);
	takeTurn(locks, 'ring', third);
	await vi.waitFor(() => expect(first).toHaveBeenCalledTimes(1));
	giveUpSecond(); // before it came
	expect(third).not.toHaveBeenCalled();
	giveUp();
	await vi.waitFor(() => expect(third).toHaveBeenCalledTimes(1));
	expect(second).not.toHaveBeenCalled();
});

test('a browser without locks lets each do it', () => {
	const begin = vi.fn();
	takeTurn(undefined, 'ring', begin)();
	expect(begin).toHaveBeenCalledTimes(1);
});
