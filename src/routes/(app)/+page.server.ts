import { redirect } from '@sveltejs/kit';
import { readForm, refuse } from '../failures';
import type { Actions } from './$types';

export const actions: Actions = {
	create: async ({ request, locals, url }) => {
		const { name } = await readForm(request, 'name');
		const room = await locals.api.rooms
			.create({ name })
			.catch((thrown: unknown) => refuse(thrown, 'create', url, { name }));
		if (!('id' in room)) return room;
		redirect(303, `/rooms/${room.id}`);
	},

	message: async ({ request, locals, url }) => {
		const { username } = await readForm(request, 'username');
		const room = await locals.api.rooms
			.openDirect({ username })
			.catch((thrown: unknown) => refuse(thrown, 'message', url, { username }));
		if (!('id' in room)) return room;
		redirect(303, `/rooms/${room.id}`);
	}
};
