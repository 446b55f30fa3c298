import { beforeEach, expect, test, vi } from 'vitest';
import type { CallSnapshot } from '../core/snapshot';
import { createLocks } from '../core/web-locks-fixture';
import { RingNotifier } from './ring-notifier';

const ROOM = '018f2c52-0000-7000-8000-000000000001';
const A = '018f2c52-0000-7000-8000-00000000000a';
const B = '018f2c52-0000-7000-8000-00000000000b';

const call = (id: string): CallSnapshot =>
	({
		id,
		roomId: ROOM,
		roomName: 'Kitchen',
		direct: false,
		kind: 'video',
		callerId: 'ann',
		participants: [{ userId: 'ann', displayName: 'Ann' }]
	}) as unknown as CallSnapshot;

/** The browser: its notifications by tag, and every time that one was put up. */
function createBrowser() {
	const shown = new Map<string, { title: string; options: NotificationOptions }>();
	const log: string[] = [];
	const tray = {
		async showNotification(title: string, options: NotificationOptions = {}) {
			shown.set(options.tag ?? '', { title, options });
			log.push(title);
		},
		async getNotifications({ tag: wanted }: { tag?: string } = {}) {
			return [...shown.keys()]
				.filter((tag) => wanted === undefined || tag === wanted)
				.map((tag) => {
					const data: unknown = shown.get(tag)?.options.data;
					return { tag, data, close: () => shown.delete(tag) } as unknown as Notification;
				});
		}
	};
	const locks = createLocks();
	const after = (ms: number, run: () => void) => {
		const timer = setTimeout(run, ms);
		return () => clearTimeout(timer);
	};
	const openPage = () => new RingNotifier({ locks, tray: async () => tray, after });
	return { shown, log, openPage };
}

let browser: ReturnType<typeof createBrowser>;
const tags = () => [...browser.shown.keys()];
/** All that is due within that time, and what follows from it. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
	vi.useFakeTimers();
	browser = createBrowser();
	return () => void vi.useRealTimers();
});

test('in the background a ring shows, in the words of the dialog, and goes with the ring', async () => {
	const page = browser.openPage();
	page.update(call(A), false);
	await pass(1_000);
	expect(browser.shown.get(A)).toEqual({
		title: 'Ann',
		options: {
			body: 'Video call in Kitchen',
			tag: A,
			renotify: false,
			requireInteraction: true,
			silent: true,
			icon: '/icon-192.png',
			actions: [
				{ action: 'accept', title: 'Accept' },
				{ action: 'decline', title: 'Decline' }
			],
			data: { callId: A, roomId: ROOM }
		}
	});
	page.update(null, false);
	await pass(0);
	expect(tags()).toEqual([]);
});

test('in front nothing shows; gone to the back it does; back in front it goes', async () => {
	const page = browser.openPage();
	page.update(null, true);
	page.update(call(A), true);
	await pass(1_000);
	expect(tags()).toEqual([]);
	page.update(call(A), false);
	await pass(1_000);
	expect(tags()).toEqual([A]);
	page.update(call(A), true);
	await pass(0);
	expect(tags()).toEqual([]);
	expect(browser.log).toHaveLength(1);
});

test('two pages show it once, and another page in front keeps both from it', async () => {
	const [one, two, front] = [browser.openPage(), browser.openPage(), browser.openPage()];
	for (const page of [one, two]) page.update(call(A), false);
	await pass(1_000);
	expect(browser.log).toHaveLength(1);
	front.update(call(A), true);
	await pass(1_000);
	expect(tags()).toEqual([]);
	expect(browser.log).toHaveLength(1);
	front.update(call(A), false);
	await pass(1_000);
	expect(tags()).toEqual([A]);
	expect(browser.log).toHaveLength(2);
});

test('a page that came to the front leaves the turn to the one it took it from', async () => {
	const [one, front] = [browser.openPage(), browser.openPage()];
	one.update(call(A), false);
	await pass(1_000);
	front.update(null, true);
	await pass(1_000);
	expect(tags()).toEqual([]);
	front.update(null, false);
	await pass(1_000);
	expect(tags()).toEqual([A]);
});

test('from one page to the other nothing flashes up', async () => {
	const [one, two] = [browser.openPage(), browser.openPage()];
	one.update(call(A), true);
	two.update(call(A), false);
	await pass(1_000);
	one.update(call(A), false);
	await pass(50);
	two.update(call(A), true);
	await pass(1_000);
	expect(browser.log).toEqual([]);
});

test('a page that learns late that it rings no more does not show it again', async () => {
	const [one, late] = [browser.openPage(), browser.openPage()];
	one.update(call(A), false);
	await pass(500);
	late.update(call(A), false);
	one.update(null, false);
	await pass(1_500);
	expect(tags()).toEqual([]);
	late.update(null, false);
	await pass(10_000);
	expect(browser.log).toHaveLength(1);
});

test('a page that learns first takes it down for the one that has put it up', async () => {
	const [one, two] = [browser.openPage(), browser.openPage()];
	for (const page of [one, two]) page.update(call(A), false);
	await pass(1_000);
	two.update(null, false);
	await pass(0);
	expect(tags()).toEqual([]);
	await pass(1_000);
	expect(browser.log).toHaveLength(1);
});

test('the next page follows one that closes', async () => {
	const [one, two] = [browser.openPage(), browser.openPage()];
	for (const page of [one, two]) page.update(call(A), false);
	await pass(1_000);
	one.close();
	expect(tags()).toEqual([]);
	await pass(1_000);
	expect(tags()).toEqual([A]);
	two.close();
	expect(tags()).toEqual([]);
	// Out of the back/forward cache.
	one.update(call(A), false);
	await pass(1_000);
	expect(tags()).toEqual([A]);
});

test('the call after it is told of as well', async () => {
	const page = browser.openPage();
	page.update(call(A), false);
	await pass(1_000);
	page.update(call(B), false);
	await pass(1_000);
	expect(tags()).toEqual([B]);
	page.update(null, false);
	await pass(1_000);
	page.update(call(A), false);
	await pass(1_000);
	expect(tags()).toEqual([A]);
});

test('a ring that is over before it is told of never shows', async () => {
	const page = browser.openPage();
	page.update(call(A), false);
	await pass(100);
	page.update(null, false);
	await pass(10_000);
	expect(browser.log).toEqual([]);
});

test('what a push says of a call that is over stays, whoever learns of it later, until a page comes to the front', async () => {
	const page = browser.openPage();
	const over = { tag: A, data: { callId: A, roomId: ROOM, over: true } };
	page.update(call(A), false);
	await pass(1_000);
	browser.shown.set(A, { title: 'Missed call from Ann', options: over });
	page.update(null, false);
	await pass(10_000);
	expect(tags()).toEqual([A]);
	page.update(null, true);
	await pass(1_000);
	expect(tags()).toEqual([]);
});

test('nor does a page that still believes in the ring show it in its place', async () => {
	const page = browser.openPage();
	browser.shown.set(A, {
		title: 'Missed call from Ann',
		options: { tag: A, data: { callId: A, roomId: ROOM, over: true } }
	});
	page.update(call(A), false);
	await pass(10_000);
	expect(browser.log).toEqual([]);
});
