/** What the page's own coming and going means for a call. */
export type PageLife = {
	/** @returns a function that stops listening */
	listen(on: { leaving: () => void; back: () => void; networkChanged: () => void }): () => void;
	/** Posts without waiting for an answer; it is sent also when the page is gone in the next instant. */
	postOnLeaving(path: string, body: unknown): void;
};

/** The browser's own. Only a page may use it. */
export function createPageLife(): PageLife {
	return {
		listen({ leaving, back, networkChanged }) {
			const shown = (event: PageTransitionEvent) => {
				if (event.persisted) back(); // out of the back/forward cache, as if nothing had been
			};
			window.addEventListener('pagehide', leaving);
			window.addEventListener('pageshow', shown);
			window.addEventListener('online', networkChanged);
			return () => {
				window.removeEventListener('pagehide', leaving);
				window.removeEventListener('pageshow', shown);
				window.removeEventListener('online', networkChanged);
			};
		},
		postOnLeaving(path, body) {
			const text = JSON.stringify(body);
			if (navigator.sendBeacon(path, new Blob([text], { type: 'application/json' }))) return;
			const headers = { 'content-type': 'application/json' };
			fetch(path, { method: 'POST', keepalive: true, headers, body: text }).catch(() => undefined);
		}
	};
}
