/** A bucket of `burst` that is refilled with `perSecond`. */
export type Rate = { burst: number; perSecond: number };

/**
 * Counts what one sender may do: `burst` at once, then `perSecond`. What is refused counts as well, so that hammering
 * earns nothing; who is a whole burst in debt is flooding.
 */
export class TokenBucket {
	readonly #rate: Rate;
	#tokens: number;
	#at: number;

	constructor(rate: Rate, nowMs: number) {
		this.#rate = rate;
		this.#tokens = rate.burst;
		this.#at = nowMs;
	}

	/** @returns how long to wait, in milliseconds; 0 when these were within the limit */
	take(count: number, nowMs: number): number {
		const { burst, perSecond } = this.#rate;
		const refilled = this.#tokens + ((nowMs - this.#at) / 1_000) * perSecond;
		this.#tokens = Math.min(burst, refilled) - count;
		this.#at = nowMs;
		return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / perSecond) * 1_000);
	}

	get isFlooded(): boolean {
		return this.#tokens < -this.#rate.burst;
	}
}
