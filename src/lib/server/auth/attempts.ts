import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { fail } from '../../call/core/errors';
import { addressKey } from './address';

export type AttemptLimits = {
	/** Wrong passwords for one account from one address. */
	perAccountAndAddress: { points: number; seconds: number };
	/** Wrong passwords from one address, whatever the account. */
	perAddress: { points: number; seconds: number };
	/** New accounts from one address. */
	registrations: { points: number; seconds: number };
};

/** Roomy: a whole office may share one address, and argon2id makes each guess dear anyway. */
export const ATTEMPT_LIMITS: AttemptLimits = {
	perAccountAndAddress: { points: 10, seconds: 15 * 60 },
	perAddress: { points: 200, seconds: 15 * 60 },
	registrations: { points: 300, seconds: 10 * 60 }
};

const limiter = ({ points, seconds }: { points: number; seconds: number }) =>
	new RateLimiterMemory({ points, duration: seconds });

async function take(from: RateLimiterMemory, key: string): Promise<void> {
	try {
		await from.consume(key);
	} catch (refusal) {
		if (!(refusal instanceof RateLimiterRes)) throw refusal;
		fail('auth/too-many-attempts', { retryAfterMs: refusal.msBeforeNext });
	}
}

/**
 * Counts attempts. There is no count per account alone: with one, anybody could lock out its owner.
 */
export function createAttempts(limits: AttemptLimits = ATTEMPT_LIMITS) {
	const pairs = limiter(limits.perAccountAndAddress);
	const addresses = limiter(limits.perAddress);
	const registrations = limiter(limits.registrations);
	const pairKey = (username: string, ip: string) => `${addressKey(ip)} ${username}`;

	return {
		/**
		 * Counts before the password is looked at, so that attempts sent all at once count too.
		 *
		 * @throws {ParleyError} `auth/too-many-attempts` with `retryAfterMs`
		 */
		async beginSignIn(username: string, ip: string): Promise<void> {
			await take(pairs, pairKey(username, ip));
			await take(addresses, addressKey(ip));
		},
		/** A right password gives back what its own attempt took, and no more: others' guesses stay counted. */
		async signedIn(username: string, ip: string): Promise<void> {
			await pairs.delete(pairKey(username, ip));
			await addresses.reward(addressKey(ip));
		},
		/** @throws {ParleyError} `auth/too-many-attempts` with `retryAfterMs` */
		beginRegistration: (ip: string): Promise<void> => take(registrations, addressKey(ip))
	};
}
