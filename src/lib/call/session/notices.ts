import { failureOf } from '../../link/api';
import { ERRORS, type ErrorKey } from '../core/errors';

/** Said by a call rather than by a form: shorter, and about the call. */
const IN_A_CALL: Partial<Record<ErrorKey, string>> = {
	'call/already-answered': 'Answered on another device',
	'call/not-ringing': 'This call does not ring any more.',
	'room/not-found': 'You are not in that room any more.',
	'call/not-found': 'You cannot see that call any more.'
};

const OUT_OF_REACH = 'The server cannot be reached. Check your connection, then try again.';

/** Why something did not work, in words for the person who asked for it. */
export function wordsForFailure(error: unknown): string {
	const failure = failureOf(error);
	if (!failure) return OUT_OF_REACH;
	return IN_A_CALL[failure.key] ?? ERRORS[failure.key].message;
}

/** Whether the server answered, and said no. What never reached it may be tried again. */
export function isRefusal(error: unknown): boolean {
	const key = failureOf(error)?.key;
	return key !== undefined && key !== 'server/unavailable' && key !== 'server/internal';
}

/** What was asked about is over, unknown, or not ours to see: nothing more can be learned of it. */
export function isGone(error: unknown): boolean {
	const key = failureOf(error)?.key;
	return key === 'call/not-found' || key === 'room/not-found';
}

export function isOver(error: unknown): boolean {
	return isGone(error) || failureOf(error)?.key === 'call/over';
}
