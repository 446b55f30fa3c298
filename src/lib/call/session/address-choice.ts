/** Asking for the storage throws where the browser forbids it: hence a function. */
type GetStorage = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export const ADDRESS_KEY = 'parley.hide-address';
const HIDDEN = 'yes';

/** Whether this browser's person hides their network address from the people they call: kept here, for all its pages. */
export function readHidesAddress(storage: GetStorage): boolean {
	try {
		return storage().getItem(ADDRESS_KEY) === HIDDEN;
	} catch {
		return false;
	}
}

export function keepHidesAddress(hides: boolean, storage: GetStorage): void {
	try {
		if (hides) storage().setItem(ADDRESS_KEY, HIDDEN);
		else storage().removeItem(ADDRESS_KEY);
	} catch {
		// Full or forbidden: it counts for this page.
	}
}
