import { expect, test } from 'vitest';
import { keepLayout, LAYOUT_KEY, readLayout } from './layout-choice';

function box(kept = new Map<string, string>()) {
	return () => ({
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value)
	});
}

test('a grid unless chosen; what was chosen is read again', () => {
	const storage = box();
	expect(readLayout(storage)).toBe('grid');
	keepLayout('speaker', storage);
	expect(readLayout(storage)).toBe('speaker');
	keepLayout('grid', storage);
	expect(readLayout(storage)).toBe('grid');
});

test('anything else that is found there counts for nothing', () => {
	expect(readLayout(box(new Map([[LAYOUT_KEY, 'mosaic']])))).toBe('grid');
});

test('a browser that forbids storage has a grid, and no error', () => {
	const forbidden = () => {
		throw new DOMException('forbidden', 'SecurityError');
	};
	expect(readLayout(forbidden)).toBe('grid');
	expect(() => keepLayout('speaker', forbidden)).not.toThrow();
});
