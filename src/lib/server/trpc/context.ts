import type { Identity } from '../auth/accounts';
import type { Services } from './services';

/** Where a session's cookie is kept. Absent on a WebSocket, which cannot set one. */
export type SessionCookie = {
	set(token: string, expiresAt: number): void;
	clear(): void;
};

/** What a procedure knows about who asks. Built once per HTTP request, and once per socket. */
export type Context = {
	services: Services;
	identity: Identity | null;
	/** Whether the request carried a cookie or a token at all: without an identity, it is one that has ended. */
	hasCredentials: boolean;
	/** The caller's address, for limits; '' when unknown. */
	ip: string;
	cookie: SessionCookie | null;
	/** On a WebSocket alone: resolves when its reader has taken what it was sent. Ask before reading more for it. */
	mayWrite?: (() => Promise<void>) | undefined;
};
