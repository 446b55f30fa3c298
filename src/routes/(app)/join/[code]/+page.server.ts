import { redirect } from '@sveltejs/kit';
import { load as ask, refuse } from '../../../failures';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, url }) => ({
	invite: await ask(locals.api.rooms.peekInvite({ code: params.code }), url)
});

export const actions: Actions = {
	default: async ({ locals, params, url }) => {
		const room = await locals.api.rooms
			.join({ code: params.code })
			.catch((thrown: unknown) => refuse(thrown, 'join', url));
		if (!('id' in room)) return room;
		redirect(303, `/rooms/${room.id}`);
	}
};
