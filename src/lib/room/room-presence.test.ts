import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemberPresence } from '../call/core/presence';
import type { PageEvent } from '../link/page-events';
import { RoomPresence } from './room-presence.svelte';

const NOW = 1_000_000_000;
const AHEAD_MS = 120_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

const bobIs = (presence: MemberPresence['presence'], lastSeenAt: number | null = null) => [
	{ userId: 'bob', presence, lastSeenAt }
];

function world({ hidden = false } = {}) {
	let answer: () => Promise<readonly MemberPresence[]> = async () => bobIs('online');
	let page: (event: PageEvent) => void = () => {};
	const ask = vi.fn(() => answer());
	const presence = new RoomPresence({
		ask,
		serverNow: () => Date.now() + AHEAD_MS,
		watch(report) {
			page = report;
			if (hidden) report('hidden');
			return () => (page = () => {});
		}
	});
	return {
		presence,
		ask,
		page: (event: PageEvent) => page(event),
		words: () => presence.of('bob')?.words ?? null,
		answers: (next: typeof answer) => (answer = next)
	};
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('it asks at once and every 5 s, and says how long ago on the server’s clock', async () => {
	const { presence, ask, words, answers } = world();
	expect(words()).toBeNull();
	presence.follow();
	await later(0);
	expect([ask.mock.calls.length, words()]).toEqual([1, 'Online']);
	expect([presence.of('cem'), presence.of(undefined)]).toEqual([null, null]);
	answers(async () => bobIs('offline', NOW + AHEAD_MS - 300_000));
	await later(4_999);
	expect([ask.mock.calls.length, words()]).toEqual([1, 'Online']);
	await later(1);
	expect([ask.mock.calls.length, words()]).toEqual([2, 'Last seen 5 min ago']);
	await later(60_000);
	expect([ask.mock.calls.length, words()]).toEqual([14, 'Last seen 6 min ago']);
});

test('hidden it asks nothing; visible again it asks at once', async () => {
	const { presence, ask, page, words } = world();
	presence.follow();
	await later(12_000);
	expect(ask).toHaveBeenCalledTimes(3);
	page('hidden');
	await later(10_000);
	expect([ask.mock.calls.length, words()]).toEqual([3, 'Online']);
	await later(120_000);
	expect([ask.mock.calls.length, words()]).toEqual([3, null]); // what was known is too old
	page('woken');
	page('woken');
	await later(0);
	expect([ask.mock.calls.length, words()]).toEqual([4, 'Online']);
	await later(5_000);
	expect(ask).toHaveBeenCalledTimes(5);
});

test('opened in the background, it waits to be looked at', async () => {
	const { presence, ask, page } = world({ hidden: true });
	presence.follow();
	presence.askSoon();
	await later(60_000);
	expect(ask).not.toHaveBeenCalled();
	page('woken');
	await later(0);
	expect(ask).toHaveBeenCalledTimes(1);
});

test('hidden and back while a request is under way: one is enough', async () => {
	const { presence, ask, page, answers, words } = world();
	let settle = (_: readonly MemberPresence[]) => {};
	answers(() => new Promise((resolve) => (settle = resolve)));
	presence.follow();
	page('hidden');
	page('woken');
	await later(0);
	expect(ask).toHaveBeenCalledTimes(1);
	answers(async () => bobIs('in-call'));
	settle(bobIs('online'));
	await later(0);
	expect(words()).toBe('Online');
	await later(5_000);
	expect([ask.mock.calls.length, words()]).toEqual([2, 'In a call']);
});

test('something changed: it asks soon, for all that changed meanwhile, and once more, because the answer may be a second old', async () => {
	const { presence, ask } = world();
	presence.askSoon(); // not followed yet
	presence.follow();
	await later(2_000);
	expect(ask).toHaveBeenCalledTimes(1);
	presence.askSoon();
	await later(400);
	presence.askSoon();
	expect(ask).toHaveBeenCalledTimes(1);
	await later(100);
	expect(ask).toHaveBeenCalledTimes(2);
	await later(1_500);
	expect(ask).toHaveBeenCalledTimes(3);
	await later(4_999);
	expect(ask).toHaveBeenCalledTimes(3);
	await later(1);
	expect(ask).toHaveBeenCalledTimes(4);
});

test('something changed while a request is under way: its answer may be from before, so it asks again', async () => {
	const { presence, ask, answers, words } = world();
	let settle = (_: readonly MemberPresence[]) => {};
	answers(() => new Promise((resolve) => (settle = resolve)));
	presence.follow();
	presence.askSoon();
	await later(500);
	expect(ask).toHaveBeenCalledTimes(1);
	answers(async () => bobIs('do-not-disturb'));
	settle(bobIs('online'));
	await later(0);
	expect([ask.mock.calls.length, words()]).toEqual([2, 'Do not disturb']);
});

test('after a failure the last answer stays for 15 s; then nothing is shown rather than something wrong', async () => {
	const { presence, ask, answers, words } = world();
	presence.follow();
	await later(0);
	answers(() => Promise.reject(new Error('network')));
	await later(14_999);
	expect([ask.mock.calls.length, words()]).toEqual([3, 'Online']);
	await later(1);
	expect(words()).toBeNull();
	answers(async () => bobIs('online'));
	await later(5_000);
	expect(words()).toBe('Online');
});

test('left, it asks nothing more, and neither a late answer nor an old one is heard', async () => {
	const { presence, ask, answers, words } = world();
	let settle = (_: readonly MemberPresence[]) => {};
	const stop = presence.follow();
	await later(0);
	answers(() => new Promise((resolve) => (settle = resolve)));
	await later(5_000);
	stop();
	settle(bobIs('offline'));
	await later(60_000);
	expect([ask.mock.calls.length, words(), vi.getTimerCount()]).toEqual([2, 'Online', 0]);
});
