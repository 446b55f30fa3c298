import type { Handle, HandleServerError, RequestEvent } from '@sveltejs/kit';
import { hasCredentials, readCredentials } from '$lib/server/trpc/credentials';
import { failureResponse } from '$lib/server/trpc/failure-response';
import { getParley, SESSION_COOKIE } from '$lib/server/trpc/parley';
import type { SessionCookie } from '$lib/server/trpc/context';

const SECURITY_HEADERS = {
	'x-content-type-options': 'nosniff',
	'x-frame-options': 'DENY',
	'referrer-policy': 'same-origin',
	'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self)',
	'cross-origin-opener-policy': 'same-origin'
};

/** What a visitor did wrong is their own news. Kit would log each such thing, values and all. */
export const handleError: HandleServerError = ({ error, status, event }) => {
	if (status >= 500) getParley().reportError(error, event.route.id);
};

/** '' for who has gone meanwhile, whatever Kit's types say. */
const addressOf = (event: RequestEvent) => (event.getClientAddress() as string | undefined) ?? '';

/** Says who asks, and gives pages the API as that person. */
export const handle: Handle = async ({ event, resolve }) => {
	const parley = getParley();
	const cookie: SessionCookie = {
		set(token, expiresAt) {
			event.cookies.set(SESSION_COOKIE, token, {
				path: '/',
				httpOnly: true,
				sameSite: 'lax',
				secure: event.url.protocol === 'https:',
				expires: new Date(expiresAt)
			});
		},
		clear: () => event.cookies.delete(SESSION_COOKIE, { path: '/' })
	};

	const credentials = readCredentials({
		authorization: event.request.headers.get('authorization') ?? undefined,
		cookie: event.request.headers.get('cookie') ?? undefined
	});
	let known: Awaited<ReturnType<typeof parley.authenticate>>;
	try {
		known = await parley.authenticate(credentials);
	} catch (error) {
		// The database is out of reach. Programs are told so in their own words; a page shows that something is wrong.
		if (event.url.pathname.startsWith('/trpc/')) return failureResponse('server/unavailable');
		throw error;
	}
	if (known?.renewed) cookie.set(known.renewed.token, known.renewed.expiresAt);

	const identity = known?.identity ?? null;
	event.locals.identity = identity;
	event.locals.facts = {
		identity,
		hasCredentials: hasCredentials(credentials),
		ip: addressOf(event),
		cookie
	};
	event.locals.api = parley.createApi(event.locals.facts);

	const response = await resolve(event);
	for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
	return response;
};
