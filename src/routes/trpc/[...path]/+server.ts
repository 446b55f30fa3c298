import { failureResponse } from '$lib/server/trpc/failure-response';
import { getParley } from '$lib/server/trpc/parley';
import type { RequestHandler } from './$types';

/** The API over HTTP. A cookie alone is not enough to change something: the request must come from our pages. */
const handle: RequestHandler = ({ request, locals, url }) => {
	const changes = request.method !== 'GET';
	const byCookie = locals.identity?.via !== 'token';
	const origin = request.headers.get('origin');
	const fromElsewhere = origin !== null ? origin !== url.origin : locals.identity?.via === 'session';
	if (changes && byCookie && fromElsewhere) return failureResponse('request/foreign-origin');
	return getParley().handleApi(request, locals.facts);
};

export const GET = handle;
export const POST = handle;
