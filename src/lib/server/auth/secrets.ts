import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, as 43 characters of base64url. */
export function newSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** What is kept of a secret. It has 256 bits of its own, so a plain hash cannot be turned back by guessing. */
export function hashSecret(secret: string): string {
	return createHash('sha256').update(secret).digest('hex');
}

/** Turns away what cannot be one of ours before the database is asked. */
export function looksLikeSecret(value: string): boolean {
	return /^[\w-]{43}$/.test(value);
}
