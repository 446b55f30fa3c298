import { createHmac } from 'node:crypto';

/** How long a pair of TURN credentials is accepted for a new allocation. */
const TURN_LIFETIME_MS = 10 * 60_000;
/** The same for one connection check, which opens its relays within seconds. */
const CHECK_LIFETIME_MS = 60_000;

type IceConfig = { stunUrls: string[]; turnUrls: string[]; turnSecret: string | undefined };

/** The members of W3C's RTCIceServer that we use. */
type IceServer = { urls: string[]; username?: string; credential?: string };

/** `expiresAt` is null when nothing in the list expires; it and `serverNow` are by this server's clock. */
export type IceServers = { iceServers: IceServer[]; expiresAt: number | null; serverNow: number };

/**
 * Makes the list of STUN and TURN servers, with TURN credentials that coturn (`use-auth-secret`) accepts
 * without asking us.
 *
 * username = expiry (Unix seconds) + ":" + whose they are; credential = base64(HMAC-SHA1(secret, username)).
 * Source: draft-uberti-behave-turn-rest-00. Without TURN the list holds STUN only, and nothing expires.
 */
export function createIce({ stunUrls, turnUrls, turnSecret }: IceConfig, now: () => number = Date.now) {
	const stun = (): IceServer[] => (stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : []);

	function list(whose: string, lifetimeMs: number): IceServers {
		const iceServers = stun();
		const serverNow = now();
		if (turnUrls.length === 0 || turnSecret === undefined) return { iceServers, expiresAt: null, serverNow };

		const expiresAtSeconds = Math.floor((serverNow + lifetimeMs) / 1000);
		const username = `${expiresAtSeconds}:${whose}`;
		const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
		iceServers.push({ urls: [...turnUrls], username, credential });
		return { iceServers, expiresAt: expiresAtSeconds * 1000, serverNow };
	}

	return {
		/** Whether there is a TURN server: nobody can hide their address without one. */
		get relays(): boolean {
			return turnUrls.length > 0 && turnSecret !== undefined;
		},
		/** For somebody in a call. */
		servers: (userId: string): IceServers => list(userId, TURN_LIFETIME_MS),
		/** For somebody's connection check: to the TURN server another user, with a quota of their own. */
		serversForCheck: (userId: string): IceServers => list(`check:${userId}`, CHECK_LIFETIME_MS),
		/** What anybody may know. */
		stunServers: (): IceServers => ({ iceServers: stun(), expiresAt: null, serverNow: now() })
	};
}

export type Ice = ReturnType<typeof createIce>;
