import { expect, test } from 'vitest';
import { permissionOf, permissionWords, type Permission } from './permission';

const browser = (permission: NotificationPermission) => ({
	isSecureContext: true,
	Notification: { permission },
	navigator: { serviceWorker: {} }
});

test.each<[title: string, permission: Permission, browser: Parameters<typeof permissionOf>[0]]>([
	['granted', 'allowed', browser('granted')],
	['denied', 'blocked', browser('denied')],
	['default', 'not-asked', browser('default')],
	['plain http', 'insecure', { ...browser('denied'), isSecureContext: false }],
	['no notifications', 'unsupported', { isSecureContext: true, navigator: { serviceWorker: {} } }],
	['no service workers', 'unsupported', { ...browser('granted'), navigator: {} }]
])('%s -> %s', (_title, permission, from) => {
	expect(permissionOf(from)).toBe(permission);
});

test('each says something else, and who is blocked reads the way out', () => {
	const all: Permission[] = ['allowed', 'blocked', 'not-asked', 'unsupported', 'insecure'];
	expect(new Set(all.map(permissionWords)).size).toBe(all.length);
	expect(permissionWords('blocked')).toContain('To undo it');
});
