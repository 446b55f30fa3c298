import { parseOptions } from '@node-rs/argon2';
import { expect, test } from 'vitest';
import { createPasswords } from './password';

const passwords = createPasswords();

test('a hash is argon2id with the parameters OWASP asks for', async () => {
	const stored = await passwords.hash('tall-green-kettle');
	expect(stored).toMatch(/^\$argon2id\$v=19\$/);
	expect(parseOptions(stored)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });
});

test('only the right password fits, however its letters are composed', async () => {
	const stored = await passwords.hash('caf\u00e9-caf\u00e9-42');
	expect(await passwords.verify(stored, 'cafe\u0301-cafe\u0301-42')).toBe(true);
	expect(await passwords.verify(stored, 'cafe-cafe-42')).toBe(false);
});

test('an unknown user is refused after as much work as a known one', async () => {
	const stored = await passwords.hash('tall-green-kettle');
	const time = async (hash: string | null) => {
		const start = performance.now();
		expect(await passwords.verify(hash, 'not the password')).toBe(false);
		return performance.now() - start;
	};
	const known: number[] = [];
	const unknown: number[] = [];
	for (let round = 0; round < 5; round++) {
		known.push(await time(stored));
		unknown.push(await time(null));
	}
	// The quickest of several: the machine may be busy, and an answer without hashing takes microseconds.
	expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 3);
});
