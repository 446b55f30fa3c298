import { load as ask, readForm, refuse } from '../../failures';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { api }, url }) => {
	const [tokens, { relay }] = await ask(Promise.all([api.tokens.list(), api.ice.offered()]), url);
	return { tokens, relay };
};

export const actions: Actions = {
	create: async ({ request, locals, url }) => {
		const { name } = await readForm(request, 'name');
		try {
			const { token } = await locals.api.tokens.create({ name });
			return { made: { name, token } };
		} catch (thrown) {
			return refuse(thrown, 'create', url, { name });
		}
	},

	revoke: async ({ request, locals, url }) => {
		const { tokenId } = await readForm(request, 'tokenId');
		try {
			await locals.api.tokens.revoke({ tokenId });
		} catch (thrown) {
			return refuse(thrown, 'revoke', url);
		}
	}
};
