/** What the browser tells of the page and its network, as the ladder wants to hear it. */
export type PageEvent = 'online' | 'offline' | 'hidden' | 'woken';

/**
 * Reports when the network comes or goes, and when the page is hidden (at once, when it is already) or comes back from
 * being hidden, frozen or cached.
 * Outside a browser it never reports anything.
 *
 * @returns a function that stops listening
 */
export function watchPage(report: (event: PageEvent) => void): () => void {
	if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
	const online = () => report('online');
	const offline = () => report('offline');
	const shown = () => report(document.visibilityState === 'visible' ? 'woken' : 'hidden');
	if (document.visibilityState === 'hidden') report('hidden');
	window.addEventListener('online', online);
	window.addEventListener('offline', offline);
	window.addEventListener('pageshow', shown);
	document.addEventListener('visibilitychange', shown);
	return () => {
		window.removeEventListener('online', online);
		window.removeEventListener('offline', offline);
		window.removeEventListener('pageshow', shown);
		document.removeEventListener('visibilitychange', shown);
	};
}
