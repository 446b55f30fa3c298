import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { ERRORS, type ErrorDetails, type ErrorKey } from '../../call/core/errors';

/** A failure from before a procedure was reached, in the shape that procedures answer theirs. */
export function failureShape(key: ErrorKey, details: ErrorDetails = {}, path = '') {
	const { code, message } = ERRORS[key];
	const httpStatus = getHTTPStatusCodeFromError(new TRPCError({ code }));
	return { code: TRPC_ERROR_CODES_BY_KEY[code], message, data: { key, details, code, httpStatus, path } };
}

/** How long to stay away, for the header of that name: whole seconds, at least one. */
export function retryAfter(details: ErrorDetails): Record<string, string> {
	const { retryAfterMs } = details;
	return typeof retryAfterMs === 'number'
		? { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }
		: {};
}

/** The same over HTTP. */
export function failureResponse(key: ErrorKey, details: ErrorDetails = {}): Response {
	const error = failureShape(key, details);
	return Response.json({ error }, { status: error.data.httpStatus, headers: retryAfter(details) });
}
