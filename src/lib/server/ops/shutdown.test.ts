import { expect, test } from 'vitest';
import { createShutdown } from './shutdown';

test('parts end in reverse order, once, and none keeps the next from ending', async () => {
	const seen: string[] = [];
	const shutdown = createShutdown((step) => seen.push(`${step} failed`));
	shutdown.defer('database', 1_000, () => void seen.push('database'));
	shutdown.defer('hangs', 10, () => new Promise(() => {}));
	shutdown.defer('throws', 1_000, () => {
		throw new Error('no');
	});
	shutdown.defer('sockets', 1_000, async () => void seen.push('sockets'));
	await Promise.all([shutdown.run(), shutdown.run()]);
	expect(seen).toEqual(['sockets', 'throws failed', 'hangs failed', 'database']);
});
