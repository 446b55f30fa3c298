import { ERRORS, type ErrorKey } from '../../call/core/errors';

/** A failure from before a procedure was reached, in the shape that procedures answer theirs. */
export function failureResponse(key: ErrorKey, httpStatus: number): Response {
	const { code, message } = ERRORS[key];
	const data = { key, details: {}, code, httpStatus };
	return Response.json({ error: { message, data } }, { status: httpStatus });
}
