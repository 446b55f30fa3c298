import { rate, scoreOf, type Condition, type Rating } from '../core/connection-rating';
import type { MediaCounts } from '../media/stats';
import type { Sample } from './call-record';

/** How good a connection is, and the seconds that say so. */
export type PeerRating = Rating & { readonly condition: Condition };

/** Of a second alone nothing can be said: at 50 packets a second one lost packet is 2 %. */
const WINDOW = 5;
const FEWEST = 3;

/** @param samples the newest last. @returns null while there are too few */
export function ratePeer(last: PeerRating | null, samples: readonly Sample[]): PeerRating | null {
	const window = samples.slice(-WINDOW).filter((one) => one.counts !== null);
	if (window.length < FEWEST) return null;
	const condition = conditionOf(window);
	return { ...rate(last, scoreOf(condition)), condition };
}

function conditionOf(window: readonly Sample[]): Condition {
	const sum = (field: keyof MediaCounts) =>
		window.reduce((total, one) => total + (one.counts?.[field] ?? 0), 0);
	const lostHere = share(sum('packetsLost'), sum('packetsDue'));
	const lostThere = share(sum('packetsLostThere'), sum('packetsSent'));
	const frames = window.map((one) => one.framesPerSecond).filter((one) => one !== null);
	return {
		roundTripMs: mean(window.map((one) => one.roundTripMs)),
		jitterMs: mean(window.map((one) => one.voiceJitterMs)),
		lossPercent:
			lostHere === null || lostThere === null ? (lostHere ?? lostThere) : Math.max(lostHere, lostThere),
		// The first second of a camera is half a second.
		framesPerSecond: frames.length < FEWEST ? null : mean(frames)
	};
}

/** @returns 0 to 100; null of nothing */
export function share(part: number, whole: number): number | null {
	return whole === 0 ? null : Math.min(100, (100 * part) / whole);
}

export function mean(values: readonly (number | null)[]): number | null {
	const known = values.filter((value) => value !== null);
	return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
