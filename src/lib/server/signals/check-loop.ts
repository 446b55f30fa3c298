import { Patience } from '../db/patience';

const INTERVAL_MS = 2_000;
const RETRY_MS = 500;

type LoopDeps = {
	/** `isStale` tells it that it was given up. */
	check: (isStale: () => boolean) => Promise<void>;
	/** Hears of the first failure of a row. */
	onError: (error: unknown) => void;
	now: () => number;
};

/** Runs the check every 2 s, from start to start, and at once when something hurries it. */
export function createLoop({ check, onError, now }: LoopDeps) {
	let stopped = false;
	let hurried = false;
	let failing = false;
	const patience = new Patience('The check of the heads');
	let timer: ReturnType<typeof setTimeout> | undefined;
	let running: Promise<void> | null = null;

	async function run(): Promise<void> {
		const begunAt = now();
		try {
			await patience.waitFor(check);
			failing = false;
		} catch (error) {
			if (!failing && !stopped) onError(error);
			failing = true;
		}
		if (stopped) return;
		const due = hurried ? 0 : failing ? RETRY_MS : Math.max(0, INTERVAL_MS - (now() - begunAt));
		hurried = false;
		timer = setTimeout(begin, due);
	}

	function begin(): void {
		timer = undefined;
		running = run().finally(() => (running = null));
	}

	return {
		start: begin,

		/** Whatever is under way began too early: another one follows at once. */
		hurry(): void {
			if (running) hurried = true;
			else if (timer !== undefined) {
				clearTimeout(timer);
				begin();
			}
		},

		async stop(): Promise<void> {
			stopped = true;
			clearTimeout(timer);
			timer = undefined;
			await running;
		}
	};
}
