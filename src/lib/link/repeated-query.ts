const INTERVAL_MS = 5_000;
/** After it was hurried, once more soon: the server may have answered with what it knew a second ago. */
const AGAIN_MS = 1_500;
/** What was said is not shown for longer than that, when nothing new is heard. */
const KEPT_FOR_MS = 15_000;
/** A request unanswered by then has failed. */
const REQUEST_TIMEOUT_MS = 5_000;

type RepeatedQueryDeps<Answer> = {
	readonly ask: (options: { signal: AbortSignal }) => Promise<Answer>;
	/** Hears each answer; null when the last one is too old. */
	readonly onAnswer: (answer: Answer | null) => void;
};

/** Asks the server again and again, for what no news tell of. One request at a time. */
export class RepeatedQuery<Answer> {
	readonly #deps: RepeatedQueryDeps<Answer>;
	#phase: 'paused' | 'running' | 'stopped' = 'paused';
	#asking = false;
	/** Something changed: what is asked now, or was answered just now, may be from before. */
	#hurried = false;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#expiry: ReturnType<typeof setTimeout> | undefined;

	constructor(deps: RepeatedQueryDeps<Answer>) {
		this.#deps = deps;
	}

	/** Asks at once, and from then on. */
	start(): void {
		if (this.#phase !== 'paused') return;
		this.#phase = 'running';
		if (!this.#asking) void this.#ask();
	}

	/** Asks nothing until it is started again. The last answer grows old meanwhile. */
	pause(): void {
		if (this.#phase === 'running') this.#phase = 'paused';
		clearTimeout(this.#timer);
	}

	/** For good: nothing is heard any more. */
	stop(): void {
		this.#phase = 'stopped';
		clearTimeout(this.#timer);
		clearTimeout(this.#expiry);
	}

	/** Asks now, not when the next time comes. */
	hurry(): void {
		if (this.#phase !== 'running') return;
		this.#hurried = true;
		if (!this.#asking) void this.#ask();
	}

	async #ask(): Promise<void> {
		clearTimeout(this.#timer);
		this.#asking = true;
		const wasHurried = this.#hurried;
		this.#hurried = false;
		try {
			this.#take(await this.#deps.ask({ signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }));
		} catch {
			// The next time may do better; the last answer stays until it is too old.
		}
		this.#asking = false;
		if (this.#phase !== 'running') return;
		if (this.#hurried) return void this.#ask();
		this.#timer = setTimeout(() => void this.#ask(), wasHurried ? AGAIN_MS : INTERVAL_MS);
	}

	#take(answer: Answer): void {
		if (this.#phase === 'stopped') return;
		clearTimeout(this.#expiry);
		this.#expiry = setTimeout(() => this.#deps.onAnswer(null), KEPT_FOR_MS);
		this.#deps.onAnswer(answer);
	}
}
