import { redirect } from '@sveltejs/kit';
import { load as ask, refuse } from '../../../failures';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, url }) => ({
	call: await ask(locals.api.calls.details({ callId: params.id }), url)
});

export const actions: Actions = {
	hide: async ({ locals, params, url }) => {
		try {
			await locals.api.calls.hide({ callId: params.id });
		} catch (thrown) {
			return refuse(thrown, 'hide', url);
		}
		redirect(303, '/calls');
	}
};
