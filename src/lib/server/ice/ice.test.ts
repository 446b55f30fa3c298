import { describe, expect, test } from 'vitest';
import { createIce } from './ice';

const STUN = ['stun:stun.example.org:3478'];
const TURN = ['turn:turn.example.org:3478?transport=udp', 'turns:turn.example.org:5349'];

describe('ICE servers', () => {
	test('credentials are what coturn computes: expiry and user, signed with the shared secret', () => {
		const ice = createIce(
			{ stunUrls: STUN, turnUrls: TURN, turnSecret: 'a-shared-secret-16' },
			() => 1_700_000_000_999
		);
		expect(ice.servers('alice')).toEqual({
			iceServers: [
				{ urls: STUN },
				// printf '1700000600:alice' | openssl dgst -sha1 -hmac a-shared-secret-16 -binary | base64
				{ urls: TURN, username: '1700000600:alice', credential: 'fQSjckPn5cEuSZn5Hn0WKBnOA/8=' }
			],
			expiresAt: 1_700_000_600_000,
			serverNow: 1_700_000_000_999
		});
		expect(ice.relays).toBe(true);
	});

	test('a check has credentials of its own, for a minute at most', () => {
		const ice = createIce(
			{ stunUrls: STUN, turnUrls: TURN, turnSecret: 'a-shared-secret-16' },
			() => 1_700_000_000_999
		);
		expect(ice.serversForCheck('alice')).toEqual({
			iceServers: [
				{ urls: STUN },
				{ urls: TURN, username: '1700000060:check:alice', credential: '01w/DDCnIrUhyP/6gWIFQzRmLnM=' }
			],
			expiresAt: 1_700_000_060_000,
			serverNow: 1_700_000_000_999
		});
		expect(ice.stunServers()).toMatchObject({ iceServers: [{ urls: STUN }], expiresAt: null });
	});

	test('two people never get the same credential', () => {
		const ice = createIce({ stunUrls: [], turnUrls: TURN, turnSecret: 'a-shared-secret-16' }, () => 0);
		const [first, second] = ['alice', 'bob'].map((userId) => ice.servers(userId).iceServers[0]?.credential);
		expect(first).not.toBe(second);
	});

	test.each([
		['no TURN at all', { stunUrls: STUN, turnUrls: [], turnSecret: undefined }, [{ urls: STUN }]],
		[
			'a secret without TURN servers',
			{ stunUrls: STUN, turnUrls: [], turnSecret: 'x'.repeat(16) },
			[{ urls: STUN }]
		],
		[
			'TURN servers without a secret',
			{ stunUrls: STUN, turnUrls: TURN, turnSecret: undefined },
			[{ urls: STUN }]
		],
		['nothing', { stunUrls: [], turnUrls: [], turnSecret: undefined }, []]
	])('with %s, what is left is given and nothing expires', (_title, config, iceServers) => {
		const ice = createIce(config, () => 7);
		expect(ice.servers('alice')).toEqual({ iceServers, expiresAt: null, serverNow: 7 });
		expect(ice.relays).toBe(false);
	});
});
