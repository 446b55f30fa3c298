import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseChannelMessage } from '../core/channel-message';
import { SMALLER_AFTER_MS, type ShownSize } from '../core/shown-size';
import { createShownSizes } from './shown-sizes';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function world() {
	const said: ShownSize[] = [];
	const taken = { by: true };
	const sizes = createShownSizes();
	const open = () =>
		sizes.opened('bob', (text) => {
			const message = parseChannelMessage(text);
			if (taken.by && message?.type === 'shown') said.push(message.size);
			return taken.by;
		});
	return { sizes, said, taken, open };
}

test('what was measured before there was a connection is told by it, and told anew by the next one', () => {
	const { sizes, said, open } = world();
	sizes.show('bob', 180);
	expect(said).toEqual([]);
	open();
	expect(said).toEqual([180]);
	open();
	expect(said).toEqual([180, 180]);
});

test('larger is told at once, smaller after a while, and what came back meanwhile not at all', () => {
	const { sizes, said, open } = world();
	open();
	sizes.show('bob', 180);
	sizes.show('bob', 360);
	sizes.show('bob', 0);
	vi.advanceTimersByTime(SMALLER_AFTER_MS - 1);
	sizes.show('bob', 360);
	vi.advanceTimersByTime(10 * SMALLER_AFTER_MS);
	expect(said).toEqual([180, 360]);
	sizes.show('bob', 90);
	vi.advanceTimersByTime(SMALLER_AFTER_MS);
	expect(said).toEqual([180, 360, 90]);
});

test('what could not be handed over is told a little later', () => {
	const { sizes, said, taken, open } = world();
	taken.by = false;
	open();
	sizes.show('bob', 90);
	expect(sizes.unseen('bob')).toBe(false);
	taken.by = true;
	vi.advanceTimersByTime(SMALLER_AFTER_MS);
	expect(said).toEqual([90]);
});

test('a picture is unseen from the moment they were told so until it has come for a whole interval', () => {
	const { sizes, open } = world();
	open();
	sizes.show('bob', 360);
	sizes.show('bob', 0);
	expect(sizes.unseen('bob')).toBe(false);
	vi.advanceTimersByTime(SMALLER_AFTER_MS);
	expect(sizes.unseen('bob')).toBe(true);
	sizes.looked();
	sizes.looked();
	sizes.looked();
	expect(sizes.unseen('bob')).toBe(true);
	sizes.show('bob', 360);
	sizes.looked();
	expect(sizes.unseen('bob')).toBe(true);
	sizes.looked();
	expect(sizes.unseen('bob')).toBe(false);
});

test('who is connected no more is told nothing, until there is another connection; after the end nobody is', () => {
	const { sizes, said, open } = world();
	open();
	sizes.show('bob', 360);
	sizes.show('bob', 0);
	sizes.closed('bob');
	vi.advanceTimersByTime(SMALLER_AFTER_MS);
	expect(said).toEqual([360]);
	open();
	expect(said).toEqual([360, 0]);
	sizes.show('bob', 360);
	sizes.show('bob', 0);
	sizes.close();
	vi.advanceTimersByTime(SMALLER_AFTER_MS);
	expect(said).toEqual([360, 0, 360]);
	expect(sizes.unseen('bob')).toBe(false);
});
