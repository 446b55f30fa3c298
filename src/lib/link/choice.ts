import { offeredRung, type OfferedRung } from '../call/core/rung';

/** A person's wish to be reached in one way only; null leaves it to the ladder. */
export type Choice = { readonly rung: OfferedRung; readonly by: 'settings' | 'address' } | null;

const KEY = 'parley.rung';
/** The page's address goes before the settings: `?rung=long-poll`, for as long as the page is loaded. */
const PARAMETER = 'rung';

type Place = { storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>; address?: URL };

/** What this page begins with. Anything that is no rung counts for nothing. */
export function readChoice({ storage, address }: Place): Choice {
	const asked = offeredRung.safeParse(address?.searchParams.get(PARAMETER));
	if (asked.success) return { rung: asked.data, by: 'address' };
	const kept = offeredRung.safeParse(readKept(storage));
	return kept.success ? { rung: kept.data, by: 'settings' } : null;
}

/** Keeps a choice for this browser. */
export function keepChoice(rung: OfferedRung | null, { storage }: Pick<Place, 'storage'>): void {
	try {
		if (rung) storage().setItem(KEY, rung);
		else storage().removeItem(KEY);
	} catch {
		// A browser that keeps nothing: it counts for this page.
	}
}

function readKept(storage: Place['storage']): string | null {
	try {
		return storage().getItem(KEY);
	} catch {
		return null;
	}
}
