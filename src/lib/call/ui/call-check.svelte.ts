import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import type { ConnectionCheck } from '../core/connection-check';
import type { createPageChecker } from '../session/page-check';

type Checker = Pick<
	ReturnType<typeof createPageChecker>,
	'check' | 'start' | 'stop' | 'forget' | 'subscribe'
>;

/** The connection check as its component sees it. Holds no rules. */
export class CallCheck {
	readonly #checker: Checker;
	readonly #track: () => void;

	constructor(checker: Checker) {
		this.#checker = checker;
		this.#track = createSubscriber((update) => checker.subscribe(update));
	}

	/** Null before any. */
	get check(): ConnectionCheck | null {
		this.#track();
		return this.#checker.check;
	}

	start(): void {
		this.#checker.start();
	}

	stop(): void {
		this.#checker.stop();
	}

	/** Whoever goes leaves nothing open and nothing to show. */
	forget(): void {
		this.#checker.forget();
	}
}

export const [getCallCheck, setCallCheck] = createContext<CallCheck>();
