/**
 * Does the work at once, and again and again until it is stopped.
 *
 * @param work deals with its own failures; it says for how many milliseconds to pause after it
 */
export function repeat(work: () => Promise<number>): { stop: () => Promise<void> } {
	let stopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let running: Promise<void> = Promise.resolve();

	function begin(): void {
		running = work().then((pauseMs) => {
			if (!stopped) timer = setTimeout(begin, pauseMs);
		});
	}
	begin();

	return {
		/** Waits for the work that is under way. */
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await running;
		}
	};
}
