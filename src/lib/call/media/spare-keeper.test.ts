import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SpareConnection } from './peer-connection';
import { createSpareKeeper } from './spare-keeper';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OFFERS = { offersFirst: true, codecs: [] };
const ANSWERS = { offersFirst: false, codecs: [] };

function world() {
	const made: { offersFirst: boolean; closed: boolean }[] = [];
	const spares = createSpareKeeper((offersFirst): SpareConnection => {
		const one = { offersFirst, closed: false };
		made.push(one);
		const connection = { close: () => (one.closed = true) } as unknown as RTCPeerConnection;
		return { connection, asked: false };
	});
	return { made, spares, later: () => vi.advanceTimersByTime(1_000) };
}

test('one is made a while after a call begins to ring, once, and handed over once', () => {
	const { made, spares, later } = world();
	spares.expect(OFFERS);
	expect(made).toEqual([]); // the ring itself is more urgent
	later();
	spares.expect(OFFERS);
	later();
	expect(made).toEqual([{ offersFirst: true, closed: false }]);
	expect(spares.take(OFFERS)).not.toBeNull();
	expect(spares.take(OFFERS)).toBeNull();
	spares.expect(null);
	expect(made).toEqual([{ offersFirst: true, closed: false }]);
});

test('who accepts before it is made makes their own, and none is made behind it', () => {
	const { made, spares, later } = world();
	spares.expect(OFFERS);
	expect(spares.take(OFFERS)).toBeNull();
	later();
	expect(made).toEqual([]);
});

test.each<[name: string, drop: (spares: ReturnType<typeof createSpareKeeper>) => void]>([
	['no call rings any more', (spares) => spares.expect(null)],
	['another kind is wanted', (spares) => spares.expect(ANSWERS)],
	['another kind is taken', (spares) => expect(spares.take({ ...OFFERS, codecs: ['vp9'] })).toBeNull()]
])('%s: the one that is kept is closed', (_, drop) => {
	const { made, spares, later } = world();
	spares.expect(OFFERS);
	later();
	drop(spares);
	later();
	expect(made[0]).toEqual({ offersFirst: true, closed: true });
});
