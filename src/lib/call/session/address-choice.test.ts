import { expect, test } from 'vitest';
import { ADDRESS_KEY, keepHidesAddress, readHidesAddress } from './address-choice';

function box(kept = new Map<string, string>()) {
	const storage = () => ({
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value),
		removeItem: (key: string) => void kept.delete(key)
	});
	return { kept, storage };
}

test('shown unless chosen; what was chosen is read again, and what was taken back leaves nothing', () => {
	const { kept, storage } = box();
	expect(readHidesAddress(storage)).toBe(false);
	keepHidesAddress(true, storage);
	expect(readHidesAddress(storage)).toBe(true);
	keepHidesAddress(false, storage);
	expect(readHidesAddress(storage)).toBe(false);
	expect(kept.size).toBe(0);
});

test('anything else that is found there counts for nothing', () => {
	expect(readHidesAddress(box(new Map([[ADDRESS_KEY, 'true']])).storage)).toBe(false);
});

test('a browser that forbids storage is asked for nothing more', () => {
	const forbidden = () => {
		throw new DOMException('forbidden', 'SecurityError');
	};
	expect(readHidesAddress(forbidden)).toBe(false);
	expect(() => keepHidesAddress(true, forbidden)).not.toThrow();
});
