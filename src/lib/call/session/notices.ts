import { failureOf } from '../../link/api';
import { ERRORS, type ErrorKey } from '../core/errors';
import type { ScreenProblem } from '../media/screen-share';

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

const SCREEN: Record<ScreenProblem, string> = {
	blocked:
		"Your system does not let this browser show the screen. Allow it in the system's privacy settings, then share again.",
	missing: 'This device has no screen that could be shared.',
	failed: 'The screen could not be shared. To try again, share it once more.'
};

/** Why a screen is not shared, and the way out. */
export function wordsForScreen(problem: ScreenProblem): string {
	return SCREEN[problem];
}

/** Whether the server answered, and said no. What never reached it may be tried again. */
export function isRefusal(error: unknown): boolean {
	const key = failureOf(error)?.key;
	return key !== undefined && key !== 'server/unavailable' && key !== 'server/internal';
}

/** Asked too often: the same may be asked again later. */
export function isTooMany(error: unknown): boolean {
	return failureOf(error)?.key === 'request/too-many';
}

/** What was asked about is over, unknown, or not ours to see: nothing more can be learned of it. */
export function isGone(error: unknown): boolean {
	const key = failureOf(error)?.key;
	return key === 'call/not-found' || key === 'room/not-found';
}

export function isOver(error: unknown): boolean {
	return isGone(error) || failureOf(error)?.key === 'call/over';
}
