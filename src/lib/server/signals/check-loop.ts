const INTERVAL_MS = 2_000;
const RETRY_MS = 500;
/** A check that takes longer is given up: its connection may be dead, and the next one takes another. */
const TIMEOUT_MS = 4_000;
/** Given up, and still holding a connection each. */
const MOST_GIVEN_UP = 2;

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
	let givenUp = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let running: Promise<void> | null = null;

	/** Fails when it takes too long. */
	async function attempt(): Promise<void> {
		if (givenUp >= MOST_GIVEN_UP) throw new Error('The database does not answer.');
		let isStale = false;
		let giveUp: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			giveUp = setTimeout(() => {
				isStale = true;
				givenUp += 1;
				reject(new Error('The check of the heads took too long.'));
			}, TIMEOUT_MS);
		});
		const work = check(() => isStale).finally(() => {
			if (isStale) givenUp -= 1;
		});
		try {
			await Promise.race([work, late]);
		} finally {
			clearTimeout(giveUp);
		}
	}

	async function run(): Promise<void> {
		const begunAt = now();
		try {
			await attempt();
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
