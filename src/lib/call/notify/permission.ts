/** What the browser allows just now. */
export type Permission = 'allowed' | 'blocked' | 'not-asked' | 'unsupported' | 'insecure';

/** What of a browser decides it. */
type Browser = {
	readonly isSecureContext: boolean;
	readonly Notification?: { readonly permission: NotificationPermission };
	readonly navigator: { readonly serviceWorker?: unknown };
};

export function permissionOf({ isSecureContext, Notification, navigator }: Browser): Permission {
	// Without https there is no service worker, and some browsers hide notifications too.
	if (!isSecureContext) return 'insecure';
	if (!Notification || !navigator.serviceWorker) return 'unsupported';
	switch (Notification.permission) {
		case 'granted':
			return 'allowed';
		case 'denied':
			return 'blocked';
		case 'default':
			return 'not-asked';
	}
}

export function permissionWords(permission: Permission): string {
	switch (permission) {
		case 'allowed':
			return 'This browser allows Parley to show notifications.';
		case 'blocked':
			return 'This browser blocks notifications from Parley. To undo it, open the site settings beside the address bar, set notifications to “Allow”, and load this page again.';
		case 'not-asked':
			return 'This browser has not been asked yet. Until it allows notifications, a call shows in the page only.';
		case 'unsupported':
			return 'This browser cannot show notifications for a web page. On a phone it may once Parley is on the home screen.';
		case 'insecure':
			return 'Notifications need a secure connection: this page was opened without https.';
	}
}
