import type { HandleClientError } from '@sveltejs/kit';
import { z } from 'zod';
import { isServerThere } from './reach';

// Before any schema is made: it would try whether it may compile code. Our content security policy says no, and browsers say so as an
// error of the page.
z.config({ jitless: true });

/** A page's code or data did not come, as a rule because nobody answers: that is no fault to be told of. */
export const handleError: HandleClientError = async ({ message }) => ({
	message,
	away: !(await isServerThere())
});
