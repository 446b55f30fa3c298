import { NotificationClicks, type PageClient } from './lib/call/notify/notification-clicks';
import { PushArrivals } from './lib/call/notify/push-arrivals';

// Carries what was pressed in a notification to a page, and shows what is pushed while there is none. It caches nothing and answers no request: without a `fetch`
// listener, browsers do not even start it for one.

/** What of a worker's scope is used here. TypeScript's `webworker` and the pages' `dom` do not go into one project. */
type WorkerScope = {
	readonly registration: ServiceWorkerRegistration;
	readonly clients: {
		matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>;
		openWindow(path: string): Promise<unknown>;
	};
	skipWaiting(): Promise<void>;
	addEventListener(type: 'install', listener: (event: WaitingEvent) => void): void;
	addEventListener(type: 'push', listener: (event: PushEvent) => void): void;
	addEventListener(type: 'notificationclick', listener: (event: ClickEvent) => void): void;
	addEventListener(type: 'message', listener: (event: PageEvent) => void): void;
};
type WaitingEvent = { waitUntil(work: Promise<unknown>): void };
type WindowClient = PageClient & {
	readonly visibilityState: DocumentVisibilityState;
	readonly focused: boolean;
};
type PushEvent = WaitingEvent & { readonly data: { text(): string } | null };
type ClickEvent = WaitingEvent & { readonly notification: Notification; readonly action: string };
type PageEvent = { readonly data: unknown; readonly source: PageClient | null };

/** A press may open a window for some seconds only. */
const DECLINED_WITHIN_MS = 3_000;

const worker = self as unknown as WorkerScope;

// A page is controlled from its second load on only.
const pages = () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true });

const clicks = new NotificationClicks({
	pages,
	openPage: (path) => worker.clients.openWindow(path),
	async decline(callId) {
		const { ok } = await fetch('/trpc/calls.decline', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ callId }),
			signal: AbortSignal.timeout(DECLINED_WITHIN_MS)
		});
		return ok;
	},
	wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms))
});

const pushes = new PushArrivals({
	locks: navigator.locks,
	tray: worker.registration,
	pages,
	now: Date.now
});

// It serves no page anything, so a new one need not wait for pages of the old one to go.
worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));

worker.addEventListener('push', (event) => event.waitUntil(pushes.arrived(readJson(event.data?.text()))));

worker.addEventListener('notificationclick', (event) => {
	event.notification.close();
	event.waitUntil(clicks.clicked(event.action, event.notification.data));
});

worker.addEventListener('message', ({ data, source }) => {
	if (source) clicks.heard(data, source);
});

function readJson(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? 'null');
	} catch {
		return null;
	}
}
