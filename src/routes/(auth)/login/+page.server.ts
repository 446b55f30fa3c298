import { redirect } from '@sveltejs/kit';
import { readForm, refuse } from '../../failures';
import { nextPath } from '../../next-path';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals, url }) => {
	if (locals.identity) redirect(303, nextPath(url));
};

export const actions: Actions = {
	default: async ({ request, locals, url }) => {
		const { username, password } = await readForm(request, 'username', 'password');
		try {
			await locals.api.auth.signIn({ username, password });
		} catch (thrown) {
			return refuse(thrown, 'login', url, { username });
		}
		redirect(303, nextPath(url));
	}
};
