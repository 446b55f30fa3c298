import { RecentMap } from './recent-map';

/** Whether what the bus tells, and the check finds, is complete. `signals/heads` knows. */
export type Trust = {
	isTrusted(): boolean;
	/** Hears that more may have moved than was told. */
	onLost(listener: () => void): void;
};

/** Remembers nothing: for who has no check beside it. */
export const NO_TRUST: Trust = { isTrusted: () => false, onLost: () => {} };

const FRESH_FOR_MS = 5_000;
const MOST_REMEMBERED = 50_000;

/**
 * Answers of the database that stay right until the bus says otherwise: for 5 s, and for as long as somebody holds
 * them: who holds one hears of its end, from the bus or from the check.
 *
 * Whoever makes one calls `forget` for what the bus says has changed.
 */
export class Remembered<Value> {
	readonly #entries: RecentMap<{ value: Value; freshUntil: number }>;
	readonly #holders = new Map<string, number>();
	readonly #loading = new Map<string, Promise<Value | null>>();
	readonly #trust: Trust;
	readonly #now: () => number;
	readonly #isUsable: (value: Value) => boolean;

	constructor({
		trust,
		now = () => performance.now(),
		isUsable = () => true
	}: {
		trust: Trust;
		now?: () => number;
		/** What time alone ends. */
		isUsable?: (value: Value) => boolean;
	}) {
		this.#entries = new RecentMap(MOST_REMEMBERED, now);
		this.#trust = trust;
		this.#now = now;
		this.#isUsable = isUsable;
		trust.onLost(() => this.#forgetAll());
	}

	/** What is remembered, or what `load` says now; null is not remembered. Who asks at the same time, asks once. */
	async get(key: string, load: () => Promise<Value | null>): Promise<Value | null> {
		const known = this.#entries.get(key);
		if (known && this.#trust.isTrusted() && this.#isUsable(known.value)) {
			if (this.#holders.has(key) || this.#now() < known.freshUntil) return known.value;
		}
		const begun = this.#loading.get(key);
		if (begun) return begun;

		const freshUntil = this.#now() + FRESH_FOR_MS;
		const loading = load();
		this.#loading.set(key, loading);
		try {
			const value = await loading;
			// Forgotten meanwhile: what was read may be from before the change.
			if (value !== null && this.#loading.get(key) === loading) this.#entries.set(key, { value, freshUntil });
			return value;
		} finally {
			if (this.#loading.get(key) === loading) this.#loading.delete(key);
		}
	}

	/** Keeps it known until the function that this returns is called, and for 5 s more. */
	hold(key: string): () => void {
		this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
		let isHeld = true;
		return () => {
			if (!isHeld) return;
			isHeld = false;
			const left = (this.#holders.get(key) ?? 1) - 1;
			if (left > 0) return void this.#holders.set(key, left);
			this.#holders.delete(key);
			const known = this.#entries.get(key);
			if (known) known.freshUntil = this.#now() + FRESH_FOR_MS;
		};
	}

	isHeld(key: string): boolean {
		return this.#holders.has(key);
	}

	held(): string[] {
		return [...this.#holders.keys()];
	}

	forget(key: string): void {
		this.#entries.delete(key);
		this.#loading.delete(key);
	}

	prune(): void {
		this.#entries.prune(FRESH_FOR_MS, (key) => this.#holders.has(key));
	}

	#forgetAll(): void {
		this.#entries.clear();
		this.#loading.clear();
	}
}
