/**
 * Of one person's pages in this browser one at a time does what this is named after. The next one's turn comes when it
 * gives its own up, closes or crashes.
 *
 * @param begin runs when our turn has come; at once in a browser without locks
 * @returns gives the turn up, or our wish for it
 */
export function takeTurn(locks: Pick<LockManager, 'request'> | undefined, name: string, begin: () => void) {
	if (!locks) {
		begin();
		return () => {};
	}
	const waiting = new AbortController();
	let release = () => {};
	const over = new Promise<void>((resolve) => (release = resolve));
	locks
		.request(name, { signal: waiting.signal }, () => {
			// Given up in the moment in which it came.
			if (waiting.signal.aborted) return undefined;
			begin();
			return over;
		})
		.catch(() => undefined); // we did not want it any more
	return () => {
		waiting.abort();
		release();
	};
}
