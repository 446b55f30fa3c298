import { hash, verify } from '@node-rs/argon2';
import { newSecret } from './secrets';

/** argon2id (the package's default) with OWASP's parameters: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The same letters typed on another keyboard may be composed differently. */
const normalize = (password: string) => password.normalize('NFKC');

export type Passwords = {
	hash(password: string): Promise<string>;
	/** @param storedHash null for an unknown user: it takes as long, and is never right */
	verify(storedHash: string | null, password: string): Promise<boolean>;
};

export function createPasswords(): Passwords {
	// Made at the start, so that even the first unknown user takes no longer than a known one.
	const nobodysHash = hash(newSecret(), PARAMETERS);

	return {
		hash: (password) => hash(normalize(password), PARAMETERS),
		async verify(storedHash, password) {
			const right = await verify(storedHash ?? (await nobodysHash), normalize(password));
			return right && storedHash !== null;
		}
	};
}
