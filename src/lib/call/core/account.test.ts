import { describe, expect, test } from 'vitest';
import {
	displayName,
	inviteCode,
	messageBody,
	messagePage,
	newPassword,
	signInInput,
	username
} from './account';

const problem = (parsed: { error?: { issues: { message: string }[] } | undefined }) =>
	parsed.error?.issues[0]?.message;

describe('username', () => {
	test.each([
		['  Ada.Lovelace ', 'ada.lovelace'],
		['bob', 'bob'],
		['0_o-0', '0_o-0'],
		['a'.repeat(32), 'a'.repeat(32)]
	])('%j is kept as %j', (typed, kept) => {
		expect(username.parse(typed)).toBe(kept);
	});

	test.each(['ab', 'a'.repeat(33), '.ada', '-ada', 'a da', 'ädä', 'ada\0', 'ada\nb', ''])(
		'%j is refused',
		(typed) => {
			expect(username.safeParse(typed).success).toBe(false);
		}
	);
});

describe('names', () => {
	test.each(['Ada Lovelace', 'Zoë', '李小龍', '👩‍💻', "O'Neil"])('%j is a name', (typed) => {
		expect(displayName.parse(` ${typed} `)).toBe(typed);
	});

	test.each([
		['', 'Enter a name.'],
		['   ', 'Enter a name.'],
		['x'.repeat(61), 'Use at most 60 characters.'],
		['a\0b', 'Leave out control characters.'],
		['a\nb', 'Leave out control characters.'],
		['a\u202Eb', 'Leave out control characters.'],
		['a\uD800b', 'Leave out control characters.'],
		['\u200B\u200D', 'Use at least one visible character.']
	])('%j is refused: %s', (typed, message) => {
		expect(problem(displayName.safeParse(typed))).toBe(message);
	});
});

test('a password has bounds, and keeps its blanks', () => {
	expect(newPassword.parse('  tall kettle ')).toBe('  tall kettle ');
	expect(newPassword.safeParse('too short').success).toBe(false);
	expect(newPassword.safeParse('x'.repeat(257)).success).toBe(false);
});

test('signing in takes any name that can be looked up', () => {
	expect(signInInput.parse({ username: ' Ädä ', password: 'x' }).username).toBe('ädä');
	expect(signInInput.safeParse({ username: 'a\0da', password: 'x' }).success).toBe(false);
	expect(signInInput.safeParse({ username: 'ada', password: 'x'.repeat(257) }).success).toBe(false);
});

test.each([
	['line one\nline two', true],
	['x'.repeat(4000), true],
	['👍', true],
	['x'.repeat(4001), false],
	[' \n\t ', false],
	['a\0b', false],
	['a\uDC00', false]
])('a message %#', (body, fits) => {
	expect(messageBody.safeParse(body).success).toBe(fits);
});

test('an invite code is a word', () => {
	expect(inviteCode.safeParse('abc').success).toBe(true);
	expect(inviteCode.safeParse('a/b').success).toBe(false);
	expect(inviteCode.safeParse('x'.repeat(65)).success).toBe(false);
});

test('a page of messages is before or after a number, and has a size', () => {
	expect(messagePage.parse({})).toEqual({ limit: 50 });
	expect(messagePage.safeParse({ before: 1, after: 1 }).success).toBe(false);
	expect(messagePage.safeParse({ limit: 101 }).success).toBe(false);
	expect(messagePage.safeParse({ after: 2 ** 31 }).success).toBe(false);
	expect(messagePage.safeParse({ after: 1.5 }).success).toBe(false);
});
