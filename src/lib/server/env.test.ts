import { describe, expect, test } from 'vitest';
import { readEnv } from './env';

const SECRET = 'a-shared-secret-16';

describe('STUN and TURN servers', () => {
	test('by UDP, TCP and TLS', () => {
		const { turnUrls, turnSecret } = readEnv({
			TURN_URLS: 'turn:t.example:3478?transport=udp, turn:t.example:3478?transport=tcp, turns:t.example:443',
			TURN_SECRET: SECRET
		});
		expect(turnUrls).toEqual([
			'turn:t.example:3478?transport=udp',
			'turn:t.example:3478?transport=tcp',
			'turns:t.example:443'
		]);
		expect(turnSecret).toBe(SECRET);
	});

	test.each([
		['servers without a secret', { TURN_URLS: 'turn:t.example' }, 'TURN_SECRET: is needed with TURN_URLS'],
		['a secret without servers', { TURN_SECRET: SECRET }, 'TURN_URLS: is needed with TURN_SECRET'],
		[
			'a URL with slashes',
			{ TURN_URLS: 'turn://t.example', TURN_SECRET: SECRET },
			'TURN_URLS.0: must be turn:host'
		],
		[
			'TURN over DTLS',
			{ TURN_URLS: 'turns:t.example?transport=udp', TURN_SECRET: SECRET },
			'TURN_URLS.0: must be turn:host'
		],
		['a short secret', { TURN_URLS: 'turn:t.example', TURN_SECRET: 'short' }, 'TURN_SECRET: '],
		[
			'a STUN URL with a query',
			{ STUN_URLS: 'stun:s.example?transport=udp' },
			'STUN_URLS.0: must be stun:host'
		]
	])('refuses %s, and says which variable it is', (_title, env, line) => {
		expect(() => readEnv(env)).toThrow(line);
	});

	test('the five that are there when nothing is said pass too', () => {
		expect(readEnv({}).stunUrls).toHaveLength(5);
		expect(readEnv({ STUN_URLS: 'none' }).stunUrls).toEqual([]);
	});
});
