import { expect, test } from 'vitest';
import { toneOf, verdictOf, type Verdict } from './check-verdict';
import type { CheckLine, ConnectionCheck, LineState, RelayWay } from './connection-check';

type Lines = {
	server?: LineState;
	direct?: LineState;
	stun?: LineState;
	/** By way; none: one line that says so. */
	relays?: Partial<Record<RelayWay, LineState>> | LineState;
};

function checkOf({ server = 'good', direct = 'good', stun = 'good', relays = {} }: Lines, hides: boolean) {
	const line = (target: CheckLine['target'], state: LineState): CheckLine => ({
		id: `${target.kind}${target.kind === 'relay' ? target.way : ''}`,
		target,
		state,
		startedAt: 0,
		tookMs: null,
		finding: null,
		candidates: [],
		codes: []
	});
	const given = typeof relays === 'string' ? {} : relays;
	const relayLines = Object.entries(given).map(([way, state]) =>
		line({ kind: 'relay', way: way as RelayWay, number: 1 }, state)
	);
	const noRelay = line(
		{ kind: 'relay', way: null, number: 1 },
		typeof relays === 'string' ? relays : 'warning'
	);
	const check: ConnectionCheck = {
		phase: 'done',
		hidesAddress: hides,
		relays: typeof relays === 'string' ? (relays === 'warning' ? false : null) : relayLines.length > 0,
		lines: [
			line({ kind: 'server' }, server),
			line({ kind: 'direct' }, direct),
			line({ kind: 'stun' }, stun),
			...(relayLines.length > 0 ? relayLines : [noRelay])
		]
	};
	return check;
}

const NONE = 'warning';
const UNKNOWN = 'skipped';
const HIDDEN = { direct: 'skipped', stun: 'skipped' } as const;

test.each<[title: string, lines: Lines, hides: boolean, verdict: Verdict, tone: string]>([
	['everything', { relays: { udp: 'good', tcp: 'good' } }, false, 'all-ways', 'good'],
	[
		'UDP is held back',
		{ stun: 'failed', relays: { udp: 'failed', tls: 'good' } },
		false,
		'detour',
		'warning'
	],
	[
		'the browser connects by relays alone',
		{ direct: 'failed', relays: { udp: 'good' } },
		false,
		'detour',
		'warning'
	],
	[
		'STUN is down, and TURN by UDP is not',
		{ stun: 'failed', relays: { udp: 'good' } },
		false,
		'all-ways',
		'good'
	],
	['relays do not reach each other', { relays: { udp: 'warning' } }, false, 'half-relayed', 'warning'],
	['TURN is down', { relays: { udp: 'failed', tcp: 'failed' } }, false, 'relay-failed', 'warning'],
	['nothing gets out', { stun: 'failed', relays: { udp: 'failed' } }, false, 'near-only', 'warning'],
	['nothing at all', { direct: 'failed', relays: { udp: 'failed' } }, false, 'no-way', 'failed'],
	['no TURN', { relays: NONE }, false, 'direct-only', 'warning'],
	['no TURN and no way out', { stun: 'failed', relays: NONE }, false, 'near-only', 'warning'],
	['no TURN and no connections', { direct: 'failed', relays: NONE }, false, 'no-way', 'failed'],
	['TURN was not checked', { relays: UNKNOWN }, false, 'relay-unknown', 'warning'],
	['no server', { server: 'failed', stun: 'skipped', relays: UNKNOWN }, false, 'no-server', 'failed'],
	['hidden', { ...HIDDEN, relays: { tcp: 'good', udp: 'failed' } }, true, 'hidden', 'good'],
	[
		'hidden, by half',
		{ ...HIDDEN, relays: { tcp: 'failed', udp: 'warning' } },
		true,
		'hidden-half',
		'warning'
	],
	['hidden, and TURN is down', { ...HIDDEN, relays: { tcp: 'failed' } }, true, 'hidden-failed', 'failed'],
	['hidden, and not checked', { ...HIDDEN, relays: UNKNOWN }, true, 'hidden-unknown', 'warning'],
	['hidden in vain', { relays: NONE }, true, 'direct-only', 'warning']
])('%s', (_title, lines, hides, verdict, tone) => {
	expect(verdictOf(checkOf(lines, hides))).toBe(verdict);
	expect(toneOf(verdict)).toBe(tone);
});

test('while it runs there is none, and what was stopped says nothing of calls', () => {
	const check = checkOf({ direct: 'failed' }, false);
	expect(verdictOf({ ...check, phase: 'running' })).toBeNull();
	expect(verdictOf({ ...check, phase: 'stopped' })).toBe('stopped');
});
