type Wish = { run: () => unknown; resolve(result: unknown): void; reject(reason: unknown): void };

/** Web Locks of one browser as the standard has them, stealing included: Node has none before 24. */
export function createLocks(): Pick<LockManager, 'request'> {
	const held = new Map<string, Wish>();
	const queues = new Map<string, Wish[]>();

	async function grant(name: string, wish: Wish): Promise<void> {
		held.set(name, wish);
		await Promise.resolve();
		try {
			wish.resolve(await wish.run());
		} catch (error) {
			wish.reject(error);
		}
		if (held.get(name) !== wish) return;
		held.delete(name);
		const next = queues.get(name)?.shift();
		if (next) void grant(name, next);
	}

	function request(name: string, ...rest: [Wish['run']] | [LockOptions, Wish['run']]): Promise<unknown> {
		const [{ steal, signal }, run] = rest.length === 2 ? rest : [{} as LockOptions, rest[0]];
		return new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason as Error);
			const wish: Wish = { run, resolve, reject };
			const queue = queues.get(name) ?? [];
			queues.set(name, queue);
			signal?.addEventListener('abort', () => {
				const place = queue.indexOf(wish);
				if (place < 0) return; // granted: the standard does not listen any more
				queue.splice(place, 1);
				reject(signal.reason as Error);
			});
			const holder = held.get(name);
			if (steal) holder?.reject(new DOMException('stolen', 'AbortError'));
			if (holder && !steal) queue.push(wish);
			else void grant(name, wish);
		});
	}

	return { request: request as LockManager['request'] };
}
