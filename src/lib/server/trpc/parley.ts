import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity } from '../auth/accounts';
import type { createCallerFactory } from './base';
import type { Context } from './context';
import type { AppRouter } from './router';

/** The typed API as pages call it on the server, without HTTP in between. */
export type Api = ReturnType<ReturnType<typeof createCallerFactory<AppRouter['_def']['record']>>>;

export type RequestFacts = Pick<Context, 'identity' | 'hasCredentials' | 'ip' | 'cookie' | 'mayWrite'>;
export type Credentials = { sessionToken?: string | undefined; bearer?: string | undefined };

/**
 * The running product, as the web server and the pages see it. One per process.
 *
 * Kit's bundle and ours are built apart, so they meet in `globalThis`: pages import this file, and none of
 * the rooms behind it.
 */
export type Parley = {
	/** Who these credentials stand for; null when nobody. `renewed` says that the cookie must be set again. */
	authenticate(
		credentials: Credentials
	): Promise<{ identity: Identity; renewed: { token: string; expiresAt: number } | null } | null>;
	createApi(facts: RequestFacts): Api;
	/** Answers an API request at `/trpc/…`. */
	handleApi(request: Request, facts: RequestFacts): Promise<Response>;
	/** Takes `/trpc` upgrades and refuses every other one. */
	handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
	/** Logs what a page or form failed with, without the values of what was asked. */
	reportError(error: unknown, path: string | null): void;
	isReady(): boolean;
	/**
	 * Stops being ready, refuses new sockets, and sends elsewhere whoever holds something open, spread over `withinMs`.
	 *
	 * @returns when nobody holds anything open any more, the time is over, or `signal` aborts
	 */
	drain(withinMs: number, signal: AbortSignal): Promise<void>;
	close(): Promise<void>;
};

const KEY = Symbol.for('parley.app');
type Holder = { [KEY]?: Parley };

export function publishParley(parley: Parley): void {
	(globalThis as Holder)[KEY] = parley;
}

export function getParley(): Parley {
	const parley = (globalThis as Holder)[KEY];
	if (!parley) throw new Error('The server has not started: run `npm start` or `npm run dev`.');
	return parley;
}

export const SESSION_COOKIE = 'parley_session';
