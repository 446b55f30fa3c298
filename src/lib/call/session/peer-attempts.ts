import { MAX_RESTARTS } from './peer-link-recovery';

/** How one of the connections that two devices try one after the other is opened. */
export type Attempt = {
	readonly iceTransportPolicy: RTCIceTransportPolicy;
	readonly mostRestarts: number;
};

/**
 * Both devices read it from the number alone, which travels with their signals: so both force the relay, or neither does.
 *
 *   0                          1, 3, …                      2, 4, …
 *   every path, and restarts   every path, a new connection   through the relay alone, a new connection
 *
 * @param hasRelay whether there is a TURN server; without one nothing can be forced
 */
export function attemptOf(attempt: number, hasRelay: boolean): Attempt {
	const isForced = attempt > 0 && attempt % 2 === 0 && hasRelay;
	return {
		iceTransportPolicy: isForced ? 'relay' : 'all',
		// What restarts could not heal is behind it; a connection that stands has all of them again.
		mostRestarts: attempt === 0 ? MAX_RESTARTS : 0
	};
}

/** How many more connections are worth trying after the one that stood last was lost. */
export const mostInVain = (hasRelay: boolean): number => (hasRelay ? 2 : 1);
