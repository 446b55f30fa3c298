import { expect, test } from 'vitest';
import { createEndpointCheck } from './push-services';

const mayPush = createEndpointCheck(['https://push.example.org:8443', 'http://127.0.0.1:9']);

test.each([
	'https://fcm.googleapis.com/fcm/send/eZ1:APA91bH-x_y',
	'https://fcm.googleapis.com/wp/eZ1:APA91bH-x_y',
	'https://jmt17.google.com/fcm/send/eZ1:APA91bH-x_y',
	'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk-x_y',
	'https://web.push.apple.com/QGu0x-y_z',
	'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB%2f%2bx%3d',
	'https://push.example.org:8443/anything',
	'http://127.0.0.1:9/anything'
])('allowed: %s', (endpoint) => {
	expect(mayPush(endpoint)).toBe(true);
});

test.each([
	'https://127.0.0.1/',
	'https://10.0.0.1/',
	'https://169.254.169.254/latest/meta-data/',
	'https://[::1]/',
	'https://[::ffff:127.0.0.1]/',
	'https://[::ffff:7f00:1]/',
	'https://0x7f000001/',
	'https://2130706433/',
	'https://localhost/',
	'https://example.org/',
	// other than the host it looks like
	'https://fcm.googleapis.com@127.0.0.1/',
	'https://user:secret@fcm.googleapis.com/',
	'https://fcm.googleapis.com.example.org/',
	'https://example.org/fcm.googleapis.com',
	'https://evilfcm.googleapis.com/',
	'https://evilnotify.windows.com/',
	'https://notify.windows.com/',
	'https://127.0.0.1#.notify.windows.com/',
	'https://127.0.0.1\\.notify.windows.com/',
	// other than browsers spell it
	'https://fcm.googleapis.com./fcm/send/x',
	'https://updates.push.services.mozilla.com./wpush/v2/x',
	'https://FCM.googleapis.com/fcm/send/x',
	'HTTPS://fcm.googleapis.com/fcm/send/x',
	'https://fcm.googleapis.com:443/fcm/send/x',
	'https://fcm。googleapis.com/fcm/send/x',
	'https:fcm.googleapis.com/fcm/send/x',
	'https:\\\\fcm.googleapis.com/fcm/send/x',
	' https://fcm.googleapis.com/fcm/send/x',
	'https://fcm.goo\tgleapis.com/fcm/send/x',
	'https://fcm.googleapis.com/fcm/send/x#y',
	// another port, another protocol
	'https://fcm.googleapis.com:8080/',
	'http://fcm.googleapis.com/fcm/send/x',
	'https://push.example.org/',
	'http://push.example.org:8443/',
	'http://127.0.0.1:10/',
	'https://127.0.0.1:9/',
	'ftp://fcm.googleapis.com/',
	'file:///etc/passwd',
	'fcm.googleapis.com',
	''
])('refused: %s', (endpoint) => {
	expect(mayPush(endpoint)).toBe(false);
});
