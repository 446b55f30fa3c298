import { json } from '@sveltejs/kit';
import { ERRORS } from '$lib/call/core/errors';
import { getParley } from '$lib/server/trpc/parley';
import type { RequestHandler } from './$types';

/** The API over HTTP. A cookie alone is not enough to change something: the request must come from our pages. */
const handle: RequestHandler = ({ request, locals, url }) => {
	const changes = request.method !== 'GET';
	const byCookie = locals.identity?.via !== 'token';
	const origin = request.headers.get('origin');
	const fromElsewhere = origin !== null ? origin !== url.origin : locals.identity?.via === 'session';
	if (changes && byCookie && fromElsewhere) {
		const key = 'request/foreign-origin';
		return json(
			{ error: { message: ERRORS[key].message, data: { key, code: ERRORS[key].code, httpStatus: 403 } } },
			{ status: 403 }
		);
	}
	return getParley().handleApi(request, locals.facts);
};

export const GET = handle;
export const POST = handle;
