import { load as ask } from '../../failures';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
	const filter = url.searchParams.get('filter') === 'missed' ? 'missed' : 'all';
	const search = (url.searchParams.get('search') ?? '').trim();
	return { filter, search, history: await ask(locals.api.calls.history({ filter, search }), url) } as const;
};
