import type { HandleClientError } from '@sveltejs/kit';
import { z } from 'zod';
import { isServerThere } from './reach';

// Before any schema is made: it would try whether it may compile code. Our content security policy says no, and browsers say so as an
// error of the page.
z.config({ jitless: true });

/** What browsers say when a request or a module came to nothing, each in words of its own. */
const UNANSWERED = /failed to fetch|networkerror|load failed|imported module|importing a module/i;

/**
 * A page's code or data did not come, as a rule because nobody answered: no fault to be told of. It may be there again
 * by the time it is asked.
 */
export const handleError: HandleClientError = async ({ error, message }) => {
	const unanswered = error instanceof TypeError && UNANSWERED.test(error.message);
	return { message, away: unanswered || !(await isServerThere()) };
};
