import { NotificationClicks, type PageClient } from './lib/call/notify/notification-clicks';

// Carries what was pressed in a notification to a page. It caches nothing and answers no request: without a `fetch`
// listener, browsers do not even start it for one.

/** What of a worker's scope is used here. TypeScript's `webworker` and the pages' `dom` do not go into one project. */
type WorkerScope = {
	readonly clients: {
		matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly PageClient[]>;
		openWindow(path: string): Promise<unknown>;
	};
	skipWaiting(): Promise<void>;
	addEventListener(type: 'install', listener: (event: WaitingEvent) => void): void;
	addEventListener(type: 'notificationclick', listener: (event: ClickEvent) => void): void;
	addEventListener(type: 'message', listener: (event: PageEvent) => void): void;
};
type WaitingEvent = { waitUntil(work: Promise<unknown>): void };
type ClickEvent = WaitingEvent & { readonly notification: Notification; readonly action: string };
type PageEvent = { readonly data: unknown; readonly source: PageClient | null };

const worker = self as unknown as WorkerScope;

const clicks = new NotificationClicks({
	// A page is controlled from its second load on only.
	pages: () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true }),
	openPage: (path) => worker.clients.openWindow(path),
	decline: (callId) =>
		fetch('/trpc/calls.decline', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ callId })
		}),
	wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms))
});

// It serves no page anything, so a new one need not wait for pages of the old one to go.
worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));

worker.addEventListener('notificationclick', (event) => {
	event.notification.close();
	event.waitUntil(clicks.clicked(event.action, event.notification.data));
});

worker.addEventListener('message', ({ data, source }) => {
	if (source) clicks.heard(data, source);
});
