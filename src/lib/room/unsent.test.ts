import { expect, test } from 'vitest';
import { createUnsentKeeper, forgetUnsent } from './unsent';

const ID = '0b6f1a52-1c4e-4c3b-9a77-0d3f5e8c1a11';
const message = { id: ID, body: 'hello', createdAt: 7 };

function fakeStorage() {
	const kept = new Map<string, string>();
	return {
		kept,
		get length() {
			return kept.size;
		},
		key: (at: number) => [...kept.keys()][at] ?? null,
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value),
		removeItem: (key: string) => void kept.delete(key)
	};
}

test('what is kept is there after a reload, for the same person and room, and leaves nothing behind', () => {
	const storage = fakeStorage();
	const keeper = createUnsentKeeper(() => storage, 'ann', 'attic');
	expect(keeper.read()).toEqual([]);
	keeper.write([message]);
	expect(createUnsentKeeper(() => storage, 'ann', 'attic').read()).toEqual([message]);
	expect(createUnsentKeeper(() => storage, 'bob', 'attic').read()).toEqual([]);
	expect(createUnsentKeeper(() => storage, 'ann', 'cellar').read()).toEqual([]);
	keeper.write([]);
	expect(storage.kept.size).toBe(0);
});

test.each([
	['{'],
	['"hello"'],
	[JSON.stringify([{ ...message, id: 'x' }])],
	[JSON.stringify([{ ...message, body: '' }])]
])('what is none is not sent: %s', (value) => {
	const storage = fakeStorage();
	const keeper = createUnsentKeeper(() => storage, 'ann', 'attic');
	keeper.write([message]);
	for (const key of storage.kept.keys()) storage.kept.set(key, value);
	expect(keeper.read()).toEqual([]);
});

test('a browser that keeps nothing is no error', () => {
	const keeper = createUnsentKeeper(
		() => {
			throw new DOMException('no', 'SecurityError');
		},
		'ann',
		'attic'
	);
	keeper.write([message]);
	expect(keeper.read()).toEqual([]);
});

test('who signs out takes what they wrote in every room with them, and nothing of anybody else', () => {
	const storage = fakeStorage();
	for (const user of ['ann', 'bob'])
		for (const room of ['attic', 'cellar']) createUnsentKeeper(() => storage, user, room).write([message]);
	storage.setItem('theme', 'dark');
	forgetUnsent(() => storage, 'ann');
	expect([...storage.kept.keys()]).toEqual(['parley.unsent.bob.attic', 'parley.unsent.bob.cellar', 'theme']);
});

test('a storage that is forbidden holds nothing to forget', () => {
	forgetUnsent(() => {
		throw new DOMException('denied', 'SecurityError');
	}, 'ann');
});
