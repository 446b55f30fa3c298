import { load as ask } from '../../failures';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
	const filter = url.searchParams.get('filter') === 'missed' ? 'missed' : 'all';
	return { filter, history: await ask(locals.api.calls.history({ filter }), url) } as const;
};
