import { expect, test } from 'vitest';
import { isWeakPassword } from './common-passwords';

test.each([
	'password123',
	'Password2024!',
	'P@ssw0rd1234',
	'passwordpassword',
	'1234567890',
	'0987654321',
	'qwertyuiop',
	'1qaz2wsx3edc',
	'1q2w3e4r5t',
	'aaaaaaaaaaaa',
	'abababababab',
	'iloveyou12',
	'letmein.2025',
	'welcome-welcome',
	'Sunshine1!',
	'123456789qwerty',
	'asdfghjkl123',
	'abcdefghijk',
	'football99',
	'dragon.1234'
])('weak: %s', (password) => {
	expect(isWeakPassword(password, 'somebody')).toBe(true);
});

test.each([
	['ada.lovelace', 'ada.lovelace'],
	['ada.lovelace', 'Ada.Lovelace1'],
	['ada', 'password-ada'],
	['bob', 'bobbobbobbob'],
	['robertson', 'robertsonrobertson1']
])('weak for %s: %s', (username, password) => {
	expect(isWeakPassword(password, username)).toBe(true);
});

test.each([
	['ann', 'planning a quiet evening'],
	['ada', 'correct horse battery'],
	['bob', 'tall-green-kettle'],
	['alice', 'violet umbrella 42'],
	['carol', 'kX9#mPq2vL7w']
])('good enough for %s: %s', (username, password) => {
	expect(isWeakPassword(password, username)).toBe(false);
});
