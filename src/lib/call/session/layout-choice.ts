/** `grid`: everybody alike. `speaker`: who speaks is large. */
export type Layout = 'grid' | 'speaker';

/** Asking for the storage throws where the browser forbids it: hence a function. */
type GetStorage = () => Pick<Storage, 'getItem' | 'setItem'>;

export const LAYOUT_KEY = 'parley.layout';

/** How this browser's person wants to see calls of several. */
export function readLayout(storage: GetStorage): Layout {
	try {
		return storage().getItem(LAYOUT_KEY) === 'speaker' ? 'speaker' : 'grid';
	} catch {
		return 'grid';
	}
}

export function keepLayout(layout: Layout, storage: GetStorage): void {
	try {
		storage().setItem(LAYOUT_KEY, layout);
	} catch {
		// Full or forbidden: it counts for this page.
	}
}
