/** A wait that somebody else makes concrete: `afterMs`, and then up to `withinMs` more at random. */
export type Wait = { readonly afterMs: number; readonly withinMs: number };

/** The longest pause between two tries to climb to a higher rung. */
export const PROBE_CAP_MS = 30_000;
/**
 * The longest pause between two tries of what must not stop: everybody is back within 5 s of the server's return, and
 * spread over the time before. Well below a signal's 30 s and a call's grace of 20 s.
 */
export const RETRY_CAP_MS = 3_000;

/**
 * Full jitter: anywhere between nothing and a bound that doubles with each failure in a row. A fixed pause
 * would bring everybody back in the same instant (tried: 300 clients within 115 ms).
 *
 * @param failures how many in a row; 1 for the first
 */
export function jitteredWait(failures: number, firstMs: number, capMs: number): Wait {
	return { afterMs: 0, withinMs: Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 16)) };
}

/**
 * When to ask a server again that is away. Flat rather than short at first: it may be back at any moment, and must then
 * not see more than a tenth of its clients in any 100 ms; and all of them within 5 s.
 *
 * @param failures how many in a row; 1 for the first
 */
export function retryWait(failures: number): Wait {
	return failures === 1
		? { afterMs: 0, withinMs: 2_500 }
		: { afterMs: RETRY_CAP_MS / 2, withinMs: RETRY_CAP_MS / 2 };
}

/** @param random a number from 0 up to, not including, 1 */
export function pickMs(wait: Wait, random: number): number {
	return Math.round(wait.afterMs + wait.withinMs * random);
}
