import { expect, test } from 'vitest';
import type { OverPush, RingPush } from '../core/push-message';
import { createLocks } from '../core/web-locks-fixture';
import { PushArrivals } from './push-arrivals';

const CALL = '018f2c52-0000-7000-8000-00000000000a';
const ROOM = '018f2c52-0000-7000-8000-000000000001';
const NOW = 1_800_000_000_000;

const call = { callId: CALL, roomId: ROOM, callerName: 'Ann', kind: 'video' as const };
const ring: RingPush = {
	...call,
	type: 'ring',
	roomName: 'Kitchen',
	direct: false,
	ringUntil: NOW + 30_000,
	silent: false
};
const over = (outcome: OverPush['outcome']): OverPush => ({ ...call, type: 'over', outcome });

const FRONT = { visibilityState: 'visible', focused: true } as const;
const BESIDE = { visibilityState: 'visible', focused: false } as const;
const HIDDEN = { visibilityState: 'hidden', focused: false } as const;

type Page = typeof FRONT | typeof BESIDE | typeof HIDDEN;

/** A browser with these pages: its notifications by tag, slow to answer as real ones are. */
function createBrowser(...pages: Page[]) {
	const shown = new Map<string, { title: string; options: NotificationOptions }>();
	const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
	const arrivals = new PushArrivals({
		locks: createLocks(),
		tray: {
			async showNotification(title: string, options: NotificationOptions = {}) {
				await pause();
				shown.set(options.tag ?? '', { title, options });
			},
			async getNotifications({ tag }: { tag?: string } = {}) {
				await pause();
				const one = shown.get(tag ?? '');
				return one
					? [{ ...one.options, close: () => void shown.delete(tag ?? '') } as unknown as Notification]
					: [];
			}
		},
		pages: async () => pages,
		now: () => NOW
	});
	return {
		pages,
		arrive: (message: unknown) => arrivals.arrived(message),
		lines: () =>
			[...shown.values()].map(({ title, options }) => {
				const answers = (options as { actions?: { title: string }[] }).actions ?? [];
				const about = [options.silent ? 'silent' : 'aloud', ...answers.map((one) => one.title)];
				return `${title} | ${options.body} | ${about.join(', ')}`;
			}),
		options: () => shown.get(CALL)?.options
	};
}

const RINGS = 'Ann | Video call in Kitchen | aloud, Accept, Decline';
const MISSED = 'Missed call from Ann | Video call';

test('a ring shows what a page would show, under the same tag, and aloud', async () => {
	const browser = createBrowser();
	await browser.arrive(ring);
	expect(browser.lines()).toEqual([RINGS]);
	expect(browser.options()).toMatchObject({
		tag: CALL,
		renotify: false,
		requireInteraction: true,
		data: { callId: CALL, roomId: ROOM }
	});
	await browser.arrive(ring); // a second one of the same call, or one that a page has shown
	expect(browser.lines()).toEqual([RINGS.replace('aloud', 'silent')]);
});

test('a room that makes no sound makes none here', async () => {
	const browser = createBrowser();
	await browser.arrive({ ...ring, silent: true });
	expect(browser.lines()).toEqual([RINGS.replace('aloud', 'silent')]);
});

test.each<[string, Page[], string[]]>([
	['in front', [FRONT], []],
	['one of several in front', [HIDDEN, FRONT], []],
	['visible beside another window', [BESIDE], [RINGS]],
	['hidden', [HIDDEN], [RINGS]]
])('with a page %s', async (_title, pages, lines) => {
	const browser = createBrowser(...pages);
	await browser.arrive(ring);
	expect(browser.lines()).toEqual(lines);
});

test.each([0, 1, 86_400_000])('a ring that was over %i ms ago is a missed call', async (ago) => {
	const browser = createBrowser();
	await browser.arrive({ ...ring, ringUntil: NOW - ago });
	expect(browser.lines()).toEqual([`${MISSED} | aloud`]);
});

test.each<[OverPush['outcome'], string]>([
	['missed', `${MISSED} | silent`],
	['answered', 'Call from Ann | Answered | silent'],
	['declined', 'Call from Ann | Declined | silent']
])('%s: the ring becomes a line without buttons and without a second sound', async (outcome, line) => {
	const browser = createBrowser(HIDDEN);
	await browser.arrive(ring);
	await browser.arrive(over(outcome));
	expect(browser.lines()).toEqual([line]);
	expect(browser.options()).not.toHaveProperty('requireInteraction');
	expect(browser.options()?.data).toEqual({ callId: CALL, roomId: ROOM, over: true });
});

test.each<[OverPush['outcome'], string]>([
	['missed', `${MISSED} | aloud`],
	['answered', 'Call from Ann | Answered | silent']
])('%s, where it never rang', async (outcome, line) => {
	const browser = createBrowser();
	await browser.arrive(over(outcome));
	expect(browser.lines()).toEqual([line]);
});

test.each<[OverPush['outcome'], Page[], string[]]>([
	['missed', [FRONT], []],
	['answered', [FRONT], []],
	['answered', [BESIDE], []],
	['declined', [BESIDE], []],
	['missed', [BESIDE], [`${MISSED} | silent`]]
])('%s, before a page that tells of it itself: %j', async (outcome, pages, lines) => {
	const browser = createBrowser();
	await browser.arrive(ring);
	browser.pages.push(...pages);
	await browser.arrive(over(outcome));
	expect(browser.lines()).toEqual(lines);
});

test('what is over stays over: a ring that comes after it, or with it, shows no more', async () => {
	const browser = createBrowser();
	await Promise.all([browser.arrive(ring), browser.arrive(over('missed'))]);
	expect(browser.lines()).toEqual([`${MISSED} | silent`]);
	await browser.arrive(ring);
	expect(browser.lines()).toEqual([`${MISSED} | silent`]);
});

test.each([
	null,
	'text',
	{},
	{ ...ring, callId: 'x' },
	{ ...ring, callerName: 'A'.repeat(61) },
	{ ...over('missed'), outcome: 'won' }
])('(ignored) what is not ours: %j', async (foreign) => {
	const browser = createBrowser();
	await browser.arrive(foreign);
	expect(browser.lines()).toEqual([]);
});
