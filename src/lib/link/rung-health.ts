import { jitteredWait, PROBE_CAP_MS, type Wait } from './backoff';

/** A rung that carried us for this long is sound: its loss is an accident, not a habit. */
export const SOUND_AFTER_MS = 60_000;
/** A rung lost twice within a minute is left alone for this long, then twice this long, … */
export const LEAVE_ALONE_MS = 30_000;
export const LEAVE_ALONE_CAP_MS = 5 * 60_000;
/** A poll goes first after a loss, so that by the probe we know whether the server is there at all. */
const PROBE_AFTER_MS = 500;

/** What experience we have with one rung above the poll. Every such rung has its own. */
export type RungHealth = {
	/** Tries in a row that came to nothing. They cost nobody anything. */
	readonly refusals: number;
	/** Losses in a row without a sound minute before the later ones. Each made us change over, so they weigh more. */
	readonly losses: number;
};

export const UNTRIED: RungHealth = { refusals: 0, losses: 0 };

export function afterRefusal(health: RungHealth): RungHealth {
	return { ...health, refusals: health.refusals + 1 };
}

/** @param stoodMs for how long it had carried us */
export function afterLoss(health: RungHealth, stoodMs: number): RungHealth {
	return { refusals: 0, losses: stoodMs >= SOUND_AFTER_MS ? 1 : health.losses + 1 };
}

/** It falls over too often to be worth hurrying for. */
export function isLeftAlone(health: RungHealth): boolean {
	return health.losses >= 2;
}

/** When to try this rung again. */
export function nextProbe(health: RungHealth): Wait {
	if (isLeftAlone(health)) {
		const bound = Math.min(LEAVE_ALONE_CAP_MS, LEAVE_ALONE_MS * 2 ** Math.min(health.losses - 2, 16));
		// At least the whole bound: jitter may lengthen this rest, never shorten it.
		return { afterMs: bound, withinMs: bound / 2 };
	}
	const jitter = jitteredWait(Math.max(1, health.refusals), 1_000, PROBE_CAP_MS - PROBE_AFTER_MS);
	return { afterMs: PROBE_AFTER_MS, withinMs: jitter.withinMs };
}
