import { expect, test } from 'vitest';
import { isStunUrl, parseTurnUrl, type TurnAddress } from './ice-urls';

test.each<[url: string, address: TurnAddress]>([
	['turn:turn.example.org', { host: 'turn.example.org', port: 3478, transport: 'udp' }],
	['turn:turn.example.org:80?transport=udp', { host: 'turn.example.org', port: 80, transport: 'udp' }],
	['turn:192.0.2.7:3478?transport=tcp', { host: '192.0.2.7', port: 3478, transport: 'tcp' }],
	['turns:turn.example.org', { host: 'turn.example.org', port: 5349, transport: 'tls' }],
	['turns:turn.example.org:443?transport=tcp', { host: 'turn.example.org', port: 443, transport: 'tls' }],
	['turn:[2001:db8::7]:3478', { host: '2001:db8::7', port: 3478, transport: 'udp' }]
])('%s is %o', (url, address) => {
	expect(parseTurnUrl(url)).toEqual(address);
});

test.each([
	'turn:',
	'turn://turn.example.org',
	'turn:user:secret@turn.example.org',
	'turn:turn.example.org:0',
	'turn:turn.example.org:65536',
	'turn:turn.example.org:',
	'turn:turn.example.org/path',
	'turn:turn.example.org?transport=tls',
	'turn:turn.example.org?transport=tcp&x=1',
	'turn:2001:db8::7',
	'turn:[2001:db8::7',
	'turns:turn.example.org?transport=udp',
	'stun:stun.example.org',
	'https://turn.example.org'
])('no browser takes %s', (url) => {
	expect(parseTurnUrl(url)).toBeNull();
});

test.each([
	['stun:stun.example.org', true],
	['stun:stun.example.org:19302', true],
	['stuns:[2001:db8::7]:5349', true],
	['stun:stun.example.org?transport=udp', false],
	['stun://stun.example.org', false],
	['turn:turn.example.org', false]
])('%s is a STUN URL: %s', (url, is) => {
	expect(isStunUrl(url)).toBe(is);
});
