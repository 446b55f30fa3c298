import { expect, test, vi } from 'vitest';
import { createLocks } from '../core/web-locks-fixture';
import { withTray } from './tray';

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

test('one at a time, in the order in which they came; each has its own result', async () => {
	const locks = createLocks();
	const log: string[] = [];
	const use = (name: string) =>
		withTray(locks, async () => {
			log.push(`${name} begins`);
			await tick();
			log.push(`${name} ends`);
			return name;
		});
	expect(await Promise.all(['page', 'worker', 'other page'].map(use))).toEqual([
		'page',
		'worker',
		'other page'
	]);
	expect(log).toEqual(['page', 'worker', 'other page'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test('a failure is the one’s own, is not tried twice, and lets the next one in', async () => {
	const locks = createLocks();
	const use = vi.fn(async () => {
		await tick();
		throw new TypeError('not allowed');
	});
	await expect(withTray(locks, use)).rejects.toThrow('not allowed');
	expect(use).toHaveBeenCalledTimes(1);
	expect(await withTray(locks, async () => 'next')).toBe('next');
});

test('who is frozen on the way does not keep a call from being shown', async () => {
	const locks = createLocks();
	const timeout = new AbortController();
	const asked = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
	void withTray(locks, () => new Promise(() => {}));
	const shown = withTray(locks, async () => 'shown');
	await tick();
	timeout.abort();
	expect(await shown).toBe('shown');
	expect(asked).toHaveBeenCalledWith(2_000);
	asked.mockRestore();
});
