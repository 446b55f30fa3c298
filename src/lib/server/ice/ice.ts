import { createHmac } from 'node:crypto';

/** How long a pair of TURN credentials is accepted for a new allocation. */
const TURN_LIFETIME_MS = 10 * 60_000;

type IceConfig = { stunUrls: string[]; turnUrls: string[]; turnSecret: string | undefined };

/** The members of W3C's RTCIceServer that we use. */
type IceServer = { urls: string[]; username?: string; credential?: string };

/**
 * Makes the list of STUN and TURN servers, with TURN credentials that coturn (`use-auth-secret`) accepts
 * without asking us.
 *
 * username = expiry (Unix seconds) + ":" + user id; credential = base64(HMAC-SHA1(secret, username)).
 * Source: draft-uberti-behave-turn-rest-00. Without TURN the list holds STUN only, and nothing expires.
 */
export function createIce({ stunUrls, turnUrls, turnSecret }: IceConfig, now: () => number = Date.now) {
	return {
		/** `expiresAt` is null when nothing in the list expires. */
		servers(userId: string): { iceServers: IceServer[]; expiresAt: number | null } {
			const iceServers: IceServer[] = stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : [];
			if (turnUrls.length === 0 || turnSecret === undefined) return { iceServers, expiresAt: null };

			const expiresAtSeconds = Math.floor((now() + TURN_LIFETIME_MS) / 1000);
			const username = `${expiresAtSeconds}:${userId}`;
			const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
			iceServers.push({ urls: [...turnUrls], username, credential });
			return { iceServers, expiresAt: expiresAtSeconds * 1000 };
		}
	};
}

export type Ice = ReturnType<typeof createIce>;
