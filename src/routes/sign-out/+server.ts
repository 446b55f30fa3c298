import { redirect } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

/** A form post, so that no link and no prefetch signs anybody out. */
export const POST: RequestHandler = async ({ locals }) => {
	if (locals.identity) await locals.api.auth.signOut();
	redirect(303, '/login');
};
