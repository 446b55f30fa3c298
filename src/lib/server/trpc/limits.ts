import type { Rate } from '../../call/core/token-bucket';

/** One message over a socket, or one body over HTTP; 32 KiB of bodies are 43 KiB of base64, the rest is JSON around it. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** A query's input travels in the URL. */
export const MAX_URL_LENGTH = 8 * 1024;
/** Calls in one HTTP batch, and messages in one frame. */
export const MAX_BATCH = 32;

/** What we hold for one reader at most. Its mailbox keeps the rest. */
export const MAX_BUFFERED_BYTES = 1024 * 1024;
/** More than this is waiting: nothing new is read for it until all of it has left. */
export const LOW_BUFFERED_BYTES = 64 * 1024;
/** A reader that takes nothing of what waits for it for this long is gone. */
export const STUCK_READER_MS = 20_000;

export const PING_INTERVAL_MS = 5_000;
export const PONG_TIMEOUT_MS = 3_000;
/** A socket that has asked for nothing yet. */
export const FIRST_MESSAGE_MS = 10_000;
/** A socket of nobody: long enough to be told why. */
export const ANONYMOUS_SOCKET_MS = 10_000;
/** Between telling a socket to go elsewhere and closing it: a move takes two round trips. */
export const HAND_OVER_MS = 1_500;

export type Limits = {
	/** Messages of one socket; pings count too. */
	socketMessages: Rate;
	subscriptionsPerSocket: number;
	/** Asked and not yet answered, subscriptions among them. */
	inFlightPerSocket: number;
	/** One session's or token's: a browser's tabs share one. */
	socketsPerIdentity: number;
	/** Streams and polls that wait. */
	requestsPerIdentity: number;
	/** Sockets of nobody. Signed-in ones are never counted by address: a whole office may share one. */
	anonymousSocketsPerAddress: number;
	requests: { perIdentity: number; perAddress: number; seconds: number };
};

/** Roomy for people and ordinary programs. A load test, or a program that speaks for many, raises them all by `factor`. */
export function limitsTimes(factor: number): Limits {
	const times = (n: number) => Math.max(1, Math.round(n * factor));
	return {
		socketMessages: { burst: times(400), perSecond: times(100) },
		subscriptionsPerSocket: times(4),
		inFlightPerSocket: times(64),
		socketsPerIdentity: times(64),
		requestsPerIdentity: times(64),
		anonymousSocketsPerAddress: times(64),
		requests: { perIdentity: times(600), perAddress: times(600), seconds: 10 }
	};
}
