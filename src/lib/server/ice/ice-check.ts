import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { fail } from '../../call/core/errors';
import type { Ice, IceServers } from './ice';

/** Whoever looks for what is wrong checks, changes something, and checks again. */
const CHECKS = { points: 3, seconds: 60 };

/** Whether there are TURN credentials in the list: there is no TURN server, or its operator lets it be used in calls alone. */
export type CheckedRelay = 'given' | 'none' | 'off';

/**
 * Gives TURN credentials to somebody in no call, who wants to know whether calls will connect (ADR 0012): for a minute, and
 * a few times a minute.
 */
export function createIceCheck({
	ice,
	enabled,
	limitsFactor
}: {
	ice: Ice;
	enabled: boolean;
	limitsFactor: number;
}) {
	const limiter = new RateLimiterMemory({
		points: Math.max(1, Math.round(CHECKS.points * limitsFactor)),
		duration: CHECKS.seconds
	});

	async function count(userId: string): Promise<void> {
		try {
			await limiter.consume(userId);
		} catch (refusal) {
			if (!(refusal instanceof RateLimiterRes)) throw refusal;
			fail('request/too-many', { retryAfterMs: refusal.msBeforeNext });
		}
	}

	return {
		/** @throws {ParleyError} `request/too-many` with `retryAfterMs` */
		async begin(userId: string): Promise<IceServers & { relay: CheckedRelay }> {
			await count(userId);
			if (!ice.relays) return { ...ice.stunServers(), relay: 'none' };
			return enabled
				? { ...ice.serversForCheck(userId), relay: 'given' }
				: { ...ice.stunServers(), relay: 'off' };
		}
	};
}

export type IceCheck = ReturnType<typeof createIceCheck>;
