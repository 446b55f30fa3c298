import {
	createTRPCClient,
	httpLink,
	httpSubscriptionLink,
	splitLink,
	TRPCClientError,
	type TRPCClient,
	type TRPCLink
} from '@trpc/client';
import { ERRORS, type ErrorDetails, type ErrorKey } from '../call/core/errors';
import type { AppRouter } from '../server/trpc/router';

/** The whole API, typed by the server's own router. */
export type ApiClient = TRPCClient<AppRouter>;

/** A request unanswered by then has failed, unless it brings a signal of its own. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Put this in an operation's context to send it over the socket instead of HTTP. */
export const OVER_SOCKET = { overSocket: true } as const;

/** Put this in a subscription's context to have it by server-sent events instead of the socket. */
export const OVER_SSE = { overSse: true } as const;

export type ApiOptions = {
	/** Scheme and host, for example `https://calls.example.org`. */
	origin: string;
	fetch: typeof fetch;
	/** Carries subscriptions, and what asks for it by `OVER_SOCKET`. Absent where there is no WebSocket. */
	socketLink?: TRPCLink<AppRouter> | undefined;
	/** Absent where there are no server-sent events. */
	EventSource?: typeof EventSource | undefined;
};

/**
 * Makes the tRPC client. Queries and mutations go by HTTP, one request each: a batch answers when its slowest
 * part does, and the long poll would hold everything else back for its whole wait.
 */
export function createApi({ origin, fetch, socketLink, EventSource }: ApiOptions): ApiClient {
	const url = `${origin}/trpc`;
	return createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) =>
					op.type === 'subscription' || (op.path === 'signals.send' && op.context['overSocket'] === true),
				true: splitLink({
					condition: (op) => op.context['overSse'] === true,
					true: EventSource ? httpSubscriptionLink({ url, EventSource }) : nowhere,
					false: socketLink ?? nowhere
				}),
				false: splitLink({
					condition: (op) => op.path === 'inbox.poll',
					// The same GET twice must ask twice, whatever sits between.
					true: httpLink({
						url,
						fetch: (input, init) => fetch(input, { ...(init as RequestInit), cache: 'no-store' })
					}),
					false: httpLink({
						url,
						fetch(input, init) {
							const signal = init?.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS);
							return fetch(input, { ...(init as RequestInit), signal });
						}
					})
				})
			})
		]
	});
}

const nowhere: TRPCLink<AppRouter> = () => () => {
	throw new Error('There is no such way here.');
};

/** Why a request failed, when the server said so; null when it was not reached or did not answer in our words. */
export function failureOf(error: unknown): { key: ErrorKey; details: ErrorDetails } | null {
	if (!(error instanceof TRPCClientError)) return null;
	const data: unknown = error.data;
	if (typeof data !== 'object' || data === null || !('key' in data)) return null;
	const { key } = data;
	if (typeof key !== 'string' || !Object.hasOwn(ERRORS, key)) return null;
	const details = 'details' in data && typeof data.details === 'object' ? data.details : null;
	return { key: key as ErrorKey, details: (details ?? {}) as ErrorDetails };
}

/** The session is over: no try will do better than this one. */
export function isSignedOut(key: ErrorKey): boolean {
	return key === 'auth/required' || key === 'auth/session-expired';
}
