type Step = { name: string; run: () => void | Promise<void>; withinMs: number };

/**
 * Ends what was started, in reverse order: each part is ended while the parts it stands on still work. The same list
 * serves a start that fails half-way.
 */
export function createShutdown(onError: (step: string, error: unknown) => void) {
	const steps: Step[] = [];
	let running: Promise<void> | undefined;

	async function runAll(): Promise<void> {
		for (let step = steps.pop(); step; step = steps.pop()) {
			let timer: NodeJS.Timeout | undefined;
			const { name, run, withinMs } = step;
			const late = new Promise<never>((_, reject) => {
				timer = setTimeout(() => reject(new Error(`not done after ${withinMs} ms`)), withinMs);
			});
			// One part that hangs must not keep the next from being ended.
			await Promise.race([(async () => run())(), late]).catch((error: unknown) => onError(name, error));
			clearTimeout(timer);
		}
	}

	return {
		/** Adds what ends a part that has just been started. */
		defer(name: string, withinMs: number, run: Step['run']): void {
			steps.push({ name, run, withinMs });
		},
		/** Never throws. Called again, it waits for the same end. */
		run: (): Promise<void> => (running ??= runAll())
	};
}
