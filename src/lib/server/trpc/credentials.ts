import { SESSION_COOKIE, type Credentials } from './parley';

const BEARER = /^Bearer\s+(\S{1,200})$/i;

/** Reads who asks out of raw headers: a personal token, or the session's cookie. The token wins. */
export function readCredentials(headers: {
	authorization?: string | undefined;
	cookie?: string | undefined;
}): Credentials {
	const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
	if (bearer) return { bearer };
	for (const pair of (headers.cookie ?? '').split(';')) {
		const [name, value] = pair.trim().split('=', 2);
		if (name === SESSION_COOKIE && value) return { sessionToken: value };
	}
	return {};
}

export function hasCredentials({ sessionToken, bearer }: Credentials): boolean {
	return sessionToken !== undefined || bearer !== undefined;
}
