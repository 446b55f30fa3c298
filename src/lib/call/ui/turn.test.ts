import { expect, test, vi } from 'vitest';
import { createLocks } from '../core/web-locks-fixture';
import { takeTurn } from './turn';

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
