import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Link, LinkNews } from '../link/link';
import { ViewerStore } from './viewer-store.svelte';

const NOW = 1_000_000;
const AHEAD_MS = 5_000;
const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

function world() {
	let tell: (news: LinkNews) => void = () => {};
	const mutate = vi.fn(async ({ forMs }: { forMs: number | null }) => ({
		until: forMs === null ? null : Date.now() + AHEAD_MS + forMs
	}));
	const link = {
		api: { calls: { setDoNotDisturb: { mutate } } } as unknown as Link['api'],
		listen(listener: (news: LinkNews) => void) {
			tell = listener;
			return () => (tell = () => {});
		}
	};
	const viewer = new ViewerStore(link, { missedCount: 0, doNotDisturbUntil: null });
	const stop = viewer.follow(link);
	/** The server's clock is ahead of ours. */
	const state = (doNotDisturbUntil: number | null) =>
		tell({
			type: 'state',
			state: { serverNow: Date.now() + AHEAD_MS, calls: [], rooms: [], missedCount: 2, doNotDisturbUntil }
		});
	return { viewer, state, stop, tell: (news: LinkNews) => tell(news) };
}

test('do not disturb ends by itself, on this device’s own clock', () => {
	const { viewer, state } = world();
	state(NOW + AHEAD_MS + HOUR_MS);
	expect([viewer.missedCount, viewer.doNotDisturbUntil]).toEqual([2, NOW + HOUR_MS]);
	vi.advanceTimersByTime(HOUR_MS - 1);
	expect(viewer.doNotDisturbUntil).toBe(NOW + HOUR_MS);
	vi.advanceTimersByTime(1);
	expect(viewer.doNotDisturbUntil).toBeNull();
});

test('prolonged on another device, it does not end when it would have', () => {
	const { viewer, state, tell } = world();
	state(NOW + AHEAD_MS + HOUR_MS);
	tell({ type: 'standing', missedCount: 0, doNotDisturbUntil: NOW + AHEAD_MS + 3 * HOUR_MS });
	vi.advanceTimersByTime(2 * HOUR_MS);
	expect(viewer.doNotDisturbUntil).toBe(NOW + 3 * HOUR_MS);
});

test('turned on and off here it counts at once, and nothing is left when the page goes', async () => {
	const { viewer, state, stop } = world();
	state(null);
	await viewer.setDoNotDisturb(HOUR_MS);
	expect(viewer.doNotDisturbUntil).toBe(NOW + HOUR_MS);
	await viewer.setDoNotDisturb(null);
	expect(viewer.doNotDisturbUntil).toBeNull();
	await viewer.setDoNotDisturb(HOUR_MS);
	stop();
	expect(vi.getTimerCount()).toBe(0);
});
