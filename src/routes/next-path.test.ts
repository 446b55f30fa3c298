import { expect, test } from 'vitest';
import { nextPath, signInPath } from './next-path';

const next = (value: string) =>
	nextPath(new URL(`http://parley.test/login?next=${encodeURIComponent(value)}`));

test.each(['/', '/rooms/1', '/join/abc?x=1#y'])('%s is followed', (path) => {
	expect(next(path)).toBe(path);
});

test.each([
	'https://elsewhere.test/',
	'//elsewhere.test',
	'/\\elsewhere.test',
	'/\t/elsewhere.test',
	'/.//elsewhere.test',
	'javascript:alert(1)',
	'rooms/1',
	''
])('%j leads home', (path) => {
	expect(next(path)).toBe('/');
});

test('without a wish one goes home', () => {
	expect(nextPath(new URL('http://parley.test/login'))).toBe('/');
});

test('signing in leads back to where one was', () => {
	const from = new URL('http://parley.test/join/abc?x=1&y=2');
	expect(nextPath(new URL(signInPath(from), from.origin))).toBe('/join/abc?x=1&y=2');
});
