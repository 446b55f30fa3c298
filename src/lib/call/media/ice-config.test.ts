import { expect, test } from 'vitest';
import { hasRelay, iceConfigOf } from './ice-config';

const STUN = { urls: ['stun:s.example'] };
const TURN = { urls: ['turn:t.example'], username: '1:ann', credential: 'x' };
const TURNS = { urls: 'turns:t.example', username: '1:ann', credential: 'x' };

test.each<[title: string, iceServers: RTCIceServer[] | null, hides: boolean, policy: RTCIceTransportPolicy]>([
	['nobody hides', [STUN, TURN], false, 'all'],
	['hidden, with TURN', [STUN, TURN], true, 'relay'],
	['hidden, with TURN over TLS alone', [TURNS], true, 'relay'],
	['hidden, without TURN: better seen than unreachable', [STUN], true, 'all'],
	['hidden, with no server at all', [], true, 'all'],
	['hidden, and the servers are not known: nothing is told yet', null, true, 'relay'],
	['nobody hides, and the servers are not known', null, false, 'all']
])('%s', (_title, iceServers, hides, iceTransportPolicy) => {
	expect(iceConfigOf(iceServers, hides)).toEqual({ iceServers: iceServers ?? [], iceTransportPolicy });
});

test.each<[RTCIceServer[], boolean]>([
	[[], false],
	[[{ urls: 'stun:stun.example' }], false],
	[[{ urls: ['stun:stun.example', 'turn:turn.example?transport=tcp'] }], true],
	[[{ urls: 'turns:turn.example' }], true]
])('%j has a relay: %s', (servers, has) => {
	expect(hasRelay(servers)).toBe(has);
});
