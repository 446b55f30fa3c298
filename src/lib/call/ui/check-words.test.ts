import { describe, expect, test } from 'vitest';
import {
	beginCheck,
	transition,
	type CheckEvent,
	type CheckLine,
	type Finding
} from '../core/connection-check';
import { checkReport, findingWords, stateWords, targetWords, verdictWords } from './check-words';

const [server, direct, stun, relay] = beginCheck(false, 0).state.lines as [
	CheckLine,
	CheckLine,
	CheckLine,
	CheckLine
];
const by = (way: 'udp' | 'tcp' | 'tls', number = 1): CheckLine => ({
	...relay,
	target: { kind: 'relay', way, number }
});

describe('a line', () => {
	test('has a name, and the second of one way a number', () => {
		expect(
			[server, direct, stun, relay, by('tls'), by('udp', 2)].map(({ target }) => targetWords(target))
		).toEqual([
			'Link to the server',
			'Connections in this browser',
			'Way out by UDP (STUN)',
			'TURN server',
			'TURN by TLS',
			'TURN by UDP, number 2'
		]);
	});

	test('says its state, and what it took where it took something', () => {
		expect(stateWords({ ...direct, state: 'good', tookMs: 85 })).toBe('Good, 85 ms');
		expect(stateWords({ ...direct, state: 'failed' })).toBe('Failed');
	});

	test.each<[line: CheckLine, finding: Finding, way_out: RegExp]>([
		[server, { is: 'no-answer' }, /online/],
		[server, { is: 'link', rung: 'short-poll', why: '' }, /let WebSockets through/],
		[server, { is: 'link', rung: 'none', why: '' }, /check again/],
		[direct, { is: 'no-candidates' }, /allow it here/],
		[direct, { is: 'no-bytes' }, /allow this browser/],
		[direct, { is: 'impossible' }, /another one/],
		[stun, { is: 'no-answer' }, /allow UDP/],
		[stun, { is: 'refused', code: 701 }, /allow UDP/],
		[by('udp'), { is: 'refused', code: 701 }, /TCP or TLS helps/],
		[by('tcp'), { is: 'refused', code: 701 }, /another network/],
		[by('tls'), { is: 'no-answer' }, /certificate/],
		[by('udp'), { is: 'refused', code: 401 }, /TURN_SECRET/],
		[by('udp'), { is: 'refused', code: 437 }, /Check again/],
		[by('udp'), { is: 'refused', code: 486 }, /ten minutes/],
		[by('udp'), { is: 'refused', code: 508 }, /later/],
		[by('udp'), { is: 'refused', code: 599 }, /599: tell/],
		[by('udp'), { is: 'no-bytes' }, /must reach itself/],
		[relay, { is: 'too-often', retryAfterMs: 41_001 }, /again in 42 s/],
		[relay, { is: 'unknown' }, /Check again/]
	])('that found something bad has a way out: %#', (line, finding, wayOut) => {
		expect(findingWords({ ...line, finding })).toMatch(wayOut);
	});
});

describe('as text', () => {
	const events: CheckEvent[] = [
		{
			type: 'answered',
			at: 20,
			rung: 'sse',
			why: 'The WebSocket is blocked.',
			offer: { is: 'listed', stun: false, ways: ['tcp'], relay: 'given' }
		},
		{ type: 'probe', at: 90, line: 'direct', heard: { type: 'candidate', candidate: 'host' } },
		{ type: 'probe', at: 100, line: 'direct', heard: { type: 'echoed' } },
		{ type: 'probe', at: 110, line: 'relay-1', heard: { type: 'ice-error', code: 401 } },
		{ type: 'probe', at: 120, line: 'relay-1', heard: { type: 'gathered' } }
	];
	const check = events.reduce((state, event) => transition(state, event).state, beginCheck(false, 0).state);

	test('all of it is there', () => {
		expect(checkReport(check, 0).split('\n')).toEqual([
			'Parley connection check',
			'At: 1970-01-01T00:00:00.000Z',
			'Network address hidden: no',
			'Result: Calls connect directly where both networks allow it. Through the TURN server they do not.',
			'',
			'Link to the server: Good, 20 ms',
			'  Server-sent events. The WebSocket is blocked.',
			'Connections in this browser: Good, 80 ms',
			'  Two connections in this page reached each other, and bytes went through.',
			'  Candidates: host',
			'Way out by UDP (STUN): Not checked',
			'  Whoever runs this Parley has set up no STUN server.',
			'TURN by TCP: Failed',
			expect.stringMatching(/^ {2}It refuses the credentials/),
			'  Errors: 401'
		]);
	});

	test('whoever hides their address in vain is told', () => {
		expect(verdictWords({ ...check, hidesAddress: true, relays: false })).toMatch(/cannot be hidden here\.$/);
	});
});
