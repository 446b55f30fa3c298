/**
 * Every failure a client can act on. The key is public API: renaming one is a breaking change.
 *
 * `code` is tRPC's (it decides the HTTP status); `message` says what to do. What a caller may not see
 * answers NOT_FOUND with the same words as what does not exist.
 */
export const ERRORS = {
	'input/invalid': { code: 'BAD_REQUEST', message: 'Some of what was sent is not valid.' },
	'auth/required': { code: 'UNAUTHORIZED', message: 'Sign in first.' },
	'auth/session-expired': { code: 'UNAUTHORIZED', message: 'Your session has ended. Sign in again.' },
	'auth/wrong-credentials': { code: 'UNAUTHORIZED', message: 'The username or password is not right.' },
	'auth/username-taken': { code: 'CONFLICT', message: 'That username is taken. Choose another one.' },
	'auth/weak-password': {
		code: 'BAD_REQUEST',
		message: 'That password is too easy to guess. Choose another.'
	},
	'auth/token-not-allowed': {
		code: 'FORBIDDEN',
		message: 'A personal token cannot do this. Sign in instead.'
	},
	'auth/too-many-attempts': {
		code: 'TOO_MANY_REQUESTS',
		message: 'Too many attempts. Wait, then try again.'
	},
	'auth/cookies-needed': { code: 'BAD_REQUEST', message: 'Signing in works over HTTP only.' },
	'request/foreign-origin': { code: 'FORBIDDEN', message: 'This request came from another site.' },
	'request/too-large': { code: 'PAYLOAD_TOO_LARGE', message: 'That is too much at once.' },
	'request/too-many': {
		code: 'TOO_MANY_REQUESTS',
		message: 'Too much in too short a time. Wait, then go on.'
	},
	'room/not-found': { code: 'NOT_FOUND', message: 'There is no such room.' },
	'room/not-owner': { code: 'FORBIDDEN', message: 'Only an owner of this room can do that.' },
	'room/direct-fixed': { code: 'CONFLICT', message: 'A direct room cannot be left or edited.' },
	'room/no-such-member': { code: 'NOT_FOUND', message: 'That person is not in this room.' },
	'room/invite-not-found': { code: 'NOT_FOUND', message: 'This invite link is not valid any more.' },
	'room/full': { code: 'CONFLICT', message: 'This room is full.' },
	'user/not-found': { code: 'NOT_FOUND', message: 'There is nobody with that username.' },
	'user/not-yourself': { code: 'BAD_REQUEST', message: 'Choose somebody other than yourself.' },
	'token/not-found': { code: 'NOT_FOUND', message: 'There is no such token.' },
	'token/too-many': { code: 'CONFLICT', message: 'You have too many tokens. Revoke one first.' },
	'message/id-taken': { code: 'CONFLICT', message: 'That message id was used for another message.' },
	'device/not-found': { code: 'NOT_FOUND', message: 'This page is not known any more. Reload it.' },
	'inbox/rung-not-offered': {
		code: 'FORBIDDEN',
		message: 'This server does not offer that way of reading. Use one that inbox.open names.'
	},
	'call/not-found': { code: 'NOT_FOUND', message: 'There is no such call.' },
	'call/nobody-to-call': { code: 'CONFLICT', message: 'There is nobody else in this room to call.' },
	'call/full': { code: 'CONFLICT', message: 'This call is full.' },
	'call/removed': { code: 'FORBIDDEN', message: 'The host has removed you from this call.' },
	'call/over': { code: 'CONFLICT', message: 'This call is already over.' },
	'call/not-ringing': { code: 'CONFLICT', message: 'This call is not ringing for you any more.' },
	'call/already-answered': { code: 'CONFLICT', message: 'This call was already answered.' },
	'call/not-a-participant': { code: 'FORBIDDEN', message: 'Join the call before doing that in it.' },
	'call/not-host': { code: 'FORBIDDEN', message: 'Only the host of this call can do that.' },
	'push/off': { code: 'FORBIDDEN', message: 'This server does not ring closed browsers.' },
	'push/unknown-service': {
		code: 'BAD_REQUEST',
		message: 'This server does not send to the push service of that browser.'
	},
	'ops/not-an-operator': {
		code: 'FORBIDDEN',
		message: 'Only who operates this server can ask that.'
	},
	'signal/gap': {
		code: 'CONFLICT',
		message: 'A signal before this one is missing. Send from the number wanted.'
	},
	'signal/not-in-call': { code: 'CONFLICT', message: 'The sender or the receiver is not in that call.' },
	'signal/too-large': { code: 'PAYLOAD_TOO_LARGE', message: 'Send fewer or smaller signals at once.' },
	'mailbox/full': { code: 'TOO_MANY_REQUESTS', message: 'The other side has stopped reading.' },
	'server/unavailable': { code: 'SERVICE_UNAVAILABLE', message: 'The server is not ready. Try again soon.' },
	'server/internal': { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on the server.' }
} as const;

export type ErrorKey = keyof typeof ERRORS;
/** What a failure carries besides its key: numbers and words a program can act on, never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export class ParleyError extends Error {
	override readonly name = 'ParleyError';
	constructor(
		readonly key: ErrorKey,
		readonly details: ErrorDetails = {}
	) {
		super(ERRORS[key].message);
	}
}

/** Throws the failure with this key. A function, so that it reads as a sentence: `return fail('room/not-found')`. */
export function fail(key: ErrorKey, details?: ErrorDetails): never {
	throw new ParleyError(key, details);
}
