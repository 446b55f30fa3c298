import { describe, expect, test } from 'vitest';
import { MAX_REPORTED_PEERS, peerReports, typeOfCandidate, type PeerReport } from './connection-report';

const HOST = 'candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host generation 0 ufrag abcd';
const RELAY = 'candidate:4 1 udp 41885439 203.0.113.7 50000 typ relay raddr 192.0.2.1 rport 54400';

test.each([
	[HOST, 'host'],
	['candidate:2 1 udp 1 198.51.100.1 5 typ srflx raddr 0.0.0.0 rport 0', 'srflx'],
	['candidate:3 1 tcp 1 198.51.100.1 9 typ prflx tcptype active', 'prflx'],
	[RELAY, 'relay'],
	['candidate:5 1 udp 1 192.0.2.1 5 typ hosts', null],
	['', null],
	['typ', null]
])('the type of "%s" is %s', (candidate, type) => {
	expect(typeOfCandidate(candidate)).toBe(type);
});

function report(over: Partial<PeerReport> = {}): PeerReport {
	const none = { host: 0, srflx: 0, prflx: 0, relay: 0 };
	return {
		deviceId: 'a0000000-0000-4000-8000-000000000000',
		connectionState: 'connected',
		iceConnectionState: 'completed',
		iceGatheringState: 'complete',
		signalingState: 'stable',
		path: 'host',
		candidates: { local: none, remote: none },
		restarts: 0,
		why: null,
		...over
	};
}

const numbered = (length: number) =>
	Array.from({ length }, (_, n) =>
		report({ deviceId: `a0000000-0000-4000-8000-${String(n).padStart(12, '0')}` })
	);

describe('a report', () => {
	test('of as many devices as a mesh may have', () => {
		expect(peerReports.parse(numbered(MAX_REPORTED_PEERS))).toHaveLength(MAX_REPORTED_PEERS);
	});

	test.each<[what: string, peers: unknown]>([
		['nobody', []],
		['more devices than a mesh may have', numbered(MAX_REPORTED_PEERS + 1)],
		['one device twice', [report(), report()]],
		['a state that W3C does not know', [{ ...report(), connectionState: 'fine' }]],
		['a path that is an address', [{ ...report(), path: '192.0.2.1' }]],
		['fewer candidates than none', [{ ...report(), restarts: -1 }]],
		['a long explanation', [report({ why: 'x'.repeat(201) })]]
	])('of %s is refused', (_what, peers) => {
		expect(peerReports.safeParse(peers).success).toBe(false);
	});

	test('keeps nothing that it does not know, such as an address', () => {
		const [parsed] = peerReports.parse([{ ...report(), address: '192.0.2.1' }]);
		expect(parsed).toEqual(report());
	});
});
