import type { Link } from '../../link/link';

const DEVICE_WITHIN_MS = 10_000;

/** This page's device id, as soon as the server has given it one. */
export function pageDevice(link: Pick<Link, 'deviceId' | 'listen'>): Promise<string> {
	if (link.deviceId) return Promise.resolve(link.deviceId);
	return new Promise((resolve, reject) => {
		const stop = link.listen((news) => {
			if (news.type !== 'device') return;
			done();
			resolve(news.deviceId);
		});
		const timer = setTimeout(() => {
			done();
			reject(new Error('The server gave this page no device.'));
		}, DEVICE_WITHIN_MS);
		const done = () => {
			clearTimeout(timer);
			stop();
		};
	});
}
