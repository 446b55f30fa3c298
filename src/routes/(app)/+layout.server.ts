import { redirect } from '@sveltejs/kit';
import { load as ask } from '../failures';
import { signInPath } from '../next-path';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals, url, untrack }) => {
	const { identity, api } = locals;
	// Untracked: going from page to page does not ask for the rooms again; the link keeps them right.
	const here = untrack(() => new URL(url));
	if (!identity) redirect(303, signInPath(here));
	const [rooms, standing] = await ask(Promise.all([api.rooms.list(), api.calls.standing()]), here);
	const { userId, username, displayName } = identity;
	return { viewer: { userId, username, displayName }, rooms, standing };
};
