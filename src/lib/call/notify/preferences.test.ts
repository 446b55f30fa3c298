import { expect, test } from 'vitest';
import { keepPreferences, PREFERENCES_KEY, readPreferences, type Preferences } from './preferences';

const DEFAULTS = { loudness: 50, ringTone: 'chimes', notify: true };
const holding = (text: string | null) => () => ({ getItem: () => text, setItem: () => {} });

test('what is kept is read again', () => {
	const kept = new Map<string, string>();
	const storage = () => ({
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value)
	});
	const mine: Preferences = { loudness: 0, ringTone: 'telephone', notify: false };
	keepPreferences(mine, storage);
	expect([...kept.keys()]).toEqual([PREFERENCES_KEY]);
	expect(readPreferences(storage)).toEqual(mine);
});

test.each([
	['nothing', null],
	['no JSON', 'loud'],
	['another shape', '[1, 2]'],
	['null', 'null'],
	['too long', JSON.stringify({ loudness: 3, more: 'x'.repeat(1_000) })]
])('%s counts for nothing', (_title, text) => {
	expect(readPreferences(holding(text))).toEqual(DEFAULTS);
});

test.each([
	['louder than loud', { loudness: 101, ringTone: 'steps', notify: false }],
	['a fraction', { loudness: 0.5, ringTone: 'steps', notify: false }],
	['a text', { loudness: 'loud', ringTone: 'steps', notify: false }],
	['none', { ringTone: 'steps', notify: false }]
])('a bad loudness (%s) costs the loudness only', (_title, value) => {
	expect(readPreferences(holding(JSON.stringify(value)))).toEqual({
		loudness: 50,
		ringTone: 'steps',
		notify: false
	});
});

test('an unknown tone costs the tone only, and what is not ours goes', () => {
	const text = JSON.stringify({ loudness: 7, ringTone: 'opera', notify: 1, evil: true });
	expect(readPreferences(holding(text))).toEqual({ loudness: 7, ringTone: 'chimes', notify: true });
});

test('a browser that forbids storage has the defaults, and is asked for nothing more', () => {
	const forbidden = () => {
		throw new DOMException('forbidden', 'SecurityError');
	};
	expect(readPreferences(forbidden)).toEqual(DEFAULTS);
	expect(() => keepPreferences(readPreferences(forbidden), forbidden)).not.toThrow();
});
