import { expect, test } from 'vitest';
import { keepChoice, readChoice } from './choice';

function createStorage() {
	const kept = new Map<string, string>();
	return () => ({
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value),
		removeItem: (key: string) => void kept.delete(key)
	});
}
const page = (search: string) => new URL(`https://calls.example.org/rooms/1${search}`);

test('nothing is chosen at first; a setting is kept until it is taken back', () => {
	const storage = createStorage();
	expect(readChoice({ storage, address: page('') })).toBeNull();
	keepChoice('sse', { storage });
	expect(readChoice({ storage, address: page('') })).toEqual({ rung: 'sse', by: 'settings' });
	keepChoice(null, { storage });
	expect(readChoice({ storage, address: page('') })).toBeNull();
});

test('the address goes before the setting, and what is no rung counts for nothing', () => {
	const storage = createStorage();
	keepChoice('sse', { storage });
	expect(readChoice({ storage, address: page('?rung=short-poll') })).toEqual({
		rung: 'short-poll',
		by: 'address'
	});
	for (const search of ['?rung=', '?rung=none', '?rung=carrier-pigeon']) {
		expect(readChoice({ storage, address: page(search) })).toEqual({ rung: 'sse', by: 'settings' });
	}
});

test('a browser that keeps nothing leaves it to the ladder', () => {
	const storage = () => {
		throw new Error('denied');
	};
	expect(() => keepChoice('sse', { storage })).not.toThrow();
	expect(readChoice({ storage, address: page('') })).toBeNull();
});
