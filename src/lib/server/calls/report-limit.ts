import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { fail } from '../../call/core/errors';

/**
 * Counts what each device reports.
 *
 * @returns a function that throws {ParleyError} `request/too-many` with `retryAfterMs`
 */
export function createReportLimit({ points, seconds }: { points: number; seconds: number }) {
	const limiter = new RateLimiterMemory({ points, duration: seconds });
	return async (deviceId: string): Promise<void> => {
		try {
			await limiter.consume(deviceId);
		} catch (refusal) {
			if (!(refusal instanceof RateLimiterRes)) throw refusal;
			fail('request/too-many', { retryAfterMs: refusal.msBeforeNext });
		}
	};
}
