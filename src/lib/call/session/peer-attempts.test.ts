import { expect, test } from 'vitest';
import { attemptOf, mostInVain } from './peer-attempts';
import { MAX_RESTARTS } from './peer-link-recovery';

test.each<[attempt: number, hasRelay: boolean, policy: RTCIceTransportPolicy, restarts: number]>([
	[0, true, 'all', MAX_RESTARTS],
	[1, true, 'all', 0],
	[2, true, 'relay', 0],
	[3, true, 'all', 0],
	[4, true, 'relay', 0],
	[0, false, 'all', MAX_RESTARTS],
	[2, false, 'all', 0]
])('attempt %i, relay %s -> %s, %i restarts', (attempt, relay, iceTransportPolicy, mostRestarts) => {
	expect(attemptOf(attempt, relay)).toEqual({ iceTransportPolicy, mostRestarts });
});

test('whatever number comes after one that stood, a new connection and a forced relay are tried', () => {
	for (let stood = 0; stood < 5; stood++) {
		const tried = Array.from(
			{ length: mostInVain(true) },
			(_, i) => attemptOf(stood + 1 + i, true).iceTransportPolicy
		);
		expect(tried.sort()).toEqual(['all', 'relay']);
	}
	expect(mostInVain(false)).toBe(1);
});
