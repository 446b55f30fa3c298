import { redirect } from '@sveltejs/kit';
import { load as ask, readForm, refuse } from '../../../failures';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, url }) => {
	const roomId = params.id;
	const [{ room, members }, page] = await ask(
		Promise.all([locals.api.rooms.detail({ roomId }), locals.api.messages.page({ roomId })]),
		url
	);
	return { room, members, page };
};

export const actions: Actions = {
	leave: async ({ locals, params, url }) => {
		try {
			await locals.api.rooms.leave({ roomId: params.id });
		} catch (thrown) {
			return refuse(thrown, 'leave', url);
		}
		redirect(303, '/');
	},

	remove: async ({ request, locals, params, url }) => {
		const { userId } = await readForm(request, 'userId');
		try {
			await locals.api.rooms.removeMember({ roomId: params.id, userId });
		} catch (thrown) {
			return refuse(thrown, 'remove', url);
		}
	}
};
