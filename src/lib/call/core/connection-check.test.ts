import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	beginCheck,
	BYTES_WITHIN_MS,
	DIRECT_WITHIN_MS,
	RELAY_WITHIN_MS,
	STUN_WITHIN_MS,
	transition,
	wayOf,
	type CheckEffect,
	type CheckEvent,
	type CheckOffer,
	type ConnectionCheck,
	type ProbeEvent
} from './connection-check';

const ALL: CheckOffer = { is: 'listed', stun: true, ways: ['udp', 'tcp', 'udp'], relay: 'given' };
const NONE: CheckOffer = { is: 'listed', stun: false, ways: [], relay: 'none' };
const STUN: CheckOffer = { is: 'listed', stun: true, ways: [], relay: 'none' };
const OFF: CheckOffer = { is: 'listed', stun: true, ways: [], relay: 'off' };
const TOO_OFTEN: CheckOffer = { is: 'refused', retryAfterMs: 12_345 };
const REFUSED: CheckOffer = { is: 'refused', retryAfterMs: null };

const answered = (
	offer: CheckOffer,
	rung: 'websocket' | 'short-poll' | 'none' = 'websocket'
): CheckEvent => ({
	type: 'answered',
	at: 1_012,
	rung,
	why: '',
	offer
});
const candidate = (one: 'host' | 'srflx' | 'relay'): ProbeEvent => ({ type: 'candidate', candidate: one });

/** All of it, and what was to be done for it. */
function run(events: readonly CheckEvent[], hidesAddress = false) {
	let { state, effects } = beginCheck(hidesAddress, 1_000);
	const done: CheckEffect[] = [...effects];
	for (const event of events) {
		({ state, effects } = transition(state, event));
		done.push(...effects);
	}
	return { check: state, done };
}

/** What is said of each line: its state, what was found, and how long it took. */
const said = ({ lines }: ConnectionCheck) =>
	Object.fromEntries(
		lines.map(({ id, state, finding, tookMs }) => [
			id,
			[state, finding?.is, tookMs].filter((one) => one !== null && one !== undefined).join(' ')
		])
	);

describe('the server', () => {
	test.each<[title: string, event: CheckEvent, line: string]>([
		['running -> answered -> good', answered(NONE), 'good link 12'],
		['running -> answered by short poll -> warning', answered(NONE, 'short-poll'), 'warning link 12'],
		['running -> answered, and no news come -> warning', answered(NONE, 'none'), 'warning link 12'],
		['running -> unanswered -> failed', { type: 'unanswered', at: 6_000 }, 'failed no-answer']
	])('%s', (_title, event, line) => {
		expect(said(run([event]).check).server).toBe(line);
	});

	test('what it answers is what is checked, all of it side by side, each with a bound', () => {
		const { check, done } = run([answered(ALL)]);
		expect(check.phase).toBe('running');
		expect(check.lines.map(({ id, target }) => [id, target])).toEqual([
			['server', { kind: 'server' }],
			['direct', { kind: 'direct' }],
			['stun', { kind: 'stun' }],
			['relay-1', { kind: 'relay', way: 'udp', number: 1 }],
			['relay-2', { kind: 'relay', way: 'tcp', number: 1 }],
			['relay-3', { kind: 'relay', way: 'udp', number: 2 }]
		]);
		expect(done).toEqual([
			{ type: 'ask' },
			{ type: 'open', line: 'direct', probe: 'direct' },
			{ type: 'bound', line: 'direct', ms: DIRECT_WITHIN_MS },
			{ type: 'open', line: 'stun', probe: 'stun' },
			{ type: 'bound', line: 'stun', ms: STUN_WITHIN_MS },
			...[0, 1, 2].flatMap((index) => [
				{ type: 'open', line: `relay-${index + 1}`, probe: 'relay', index },
				{ type: 'bound', line: `relay-${index + 1}`, ms: RELAY_WITHIN_MS }
			])
		]);
	});

	test.each<[title: string, events: CheckEvent[], hides: boolean, lines: Record<string, string>]>([
		[
			'neither STUN nor TURN: a connection within the page alone',
			[answered(NONE)],
			false,
			{ direct: 'running', stun: 'skipped not-set-up', relay: 'warning not-set-up' }
		],
		[
			'TURN is for calls alone',
			[answered(OFF)],
			false,
			{ direct: 'running', stun: 'running', relay: 'skipped turned-off' }
		],
		[
			'asked too often',
			[answered(TOO_OFTEN)],
			false,
			{ direct: 'running', stun: 'skipped too-often', relay: 'skipped too-often' }
		],
		[
			'refused',
			[answered(REFUSED)],
			false,
			{ direct: 'running', stun: 'skipped unknown', relay: 'skipped unknown' }
		],
		[
			'no answer',
			[{ type: 'unanswered', at: 1_500 }],
			false,
			{ direct: 'running', stun: 'skipped unknown', relay: 'skipped unknown' }
		],
		[
			'hidden: TURN alone',
			[answered(ALL)],
			true,
			{ direct: 'skipped hidden', stun: 'skipped hidden', 'relay-1': 'running' }
		],
		[
			'hidden where nothing relays: as everybody else',
			[answered(STUN)],
			true,
			{ direct: 'running', stun: 'running', relay: 'warning not-set-up' }
		],
		[
			'hidden, and nobody says what there is: nothing is opened',
			[{ type: 'unanswered', at: 1_500 }],
			true,
			{ direct: 'skipped hidden', stun: 'skipped hidden', relay: 'skipped unknown' }
		],
		[
			'hidden, and TURN is for calls alone',
			[answered(OFF)],
			true,
			{ direct: 'skipped hidden', stun: 'skipped hidden', relay: 'skipped turned-off' }
		]
	])('%s', (_title, events, hides, lines) => {
		expect(said(run(events, hides).check)).toMatchObject(lines);
	});
});

/** Of one line, at 1,100 and every 100 ms from there on; 'overdue' is its bound. */
const heardOf = (line: string, heard: readonly (ProbeEvent | 'overdue')[]): CheckEvent[] =>
	heard.map((one, index) => {
		const at = 1_112 + index * 100;
		return one === 'overdue' ? { type: 'overdue', at, line } : { type: 'probe', at, line, heard: one };
	});

describe('what a line finds', () => {
	const error = (code: number): ProbeEvent => ({ type: 'ice-error', code });
	const gathered: ProbeEvent = { type: 'gathered' };
	const echoed: ProbeEvent = { type: 'echoed' };
	const broken: ProbeEvent = { type: 'broken' };

	test.each<[line: string, title: string, heard: (ProbeEvent | 'overdue')[], found: string]>([
		['direct', 'bytes came back', [candidate('host'), gathered, echoed], 'good carried 300'],
		['direct', 'candidates and nothing more', [candidate('host'), gathered, 'overdue'], 'failed no-bytes'],
		['direct', 'no candidates', [gathered], 'failed no-candidates'],
		['direct', 'nothing at all', ['overdue'], 'failed no-candidates'],
		['direct', 'no such connections', [broken], 'failed impossible'],

		['stun', 'our address as others see it', [candidate('host'), candidate('srflx')], 'good seen 200'],
		['stun', 'it is the one we have', [candidate('host'), gathered], 'good unchanged 200'],
		['stun', 'no answer', [candidate('host'), 'overdue'], 'failed no-answer'],
		['stun', 'not reached', [candidate('host'), error(701), gathered], 'failed refused'],
		['stun', 'no candidates', [gathered], 'failed no-candidates'],
		['stun', 'one of several answers', [candidate('host'), error(701), candidate('srflx')], 'good seen 300'],

		['relay-1', 'bytes from relay to relay', [candidate('relay'), gathered, echoed], 'good carried 300'],
		[
			'relay-1',
			'a relay that reaches no other',
			[candidate('relay'), gathered, 'overdue'],
			'warning no-bytes'
		],
		['relay-1', 'credentials refused', [error(701), error(401), gathered], 'failed refused'],
		['relay-1', 'not reached', [error(701), gathered], 'failed refused'],
		['relay-1', 'no answer', ['overdue'], 'failed no-answer'],
		['relay-1', 'a URL that no browser takes', [broken], 'failed impossible']
	])('%s: %s', (line, _title, heard, found) => {
		const { check, done } = run([answered(ALL), ...heardOf(line, heard)]);
		expect(said(check)[line]).toBe(found);
		expect(done.at(-1)).toEqual({ type: 'close', line });
	});

	test('what the TURN server said goes before that another address did not reach it', () => {
		const { check } = run([answered(ALL), ...heardOf('relay-1', [error(701), error(486), 'overdue'])]);
		expect(check.lines.find(({ id }) => id === 'relay-1')?.finding).toEqual({ is: 'refused', code: 486 });
	});

	test('a relay has its own time to reach another one, and gets it once', () => {
		const { done } = run([
			answered(ALL),
			...heardOf('relay-1', [candidate('relay'), candidate('relay'), gathered])
		]);
		expect(done.filter((effect) => effect.type === 'bound' && effect.line === 'relay-1')).toEqual([
			{ type: 'bound', line: 'relay-1', ms: RELAY_WITHIN_MS },
			{ type: 'bound', line: 'relay-1', ms: BYTES_WITHIN_MS }
		]);
	});

	test('(ignored) what comes after a line has found something', () => {
		const before = run([answered(ALL), ...heardOf('direct', [echoed])]);
		const after = run([answered(ALL), ...heardOf('direct', [echoed, broken, 'overdue', gathered])]);
		expect(after).toEqual(before);
	});
});

test('running -> stop -> stopped: what runs is closed, what is asked is given up, what was found stays', () => {
	const { check, done } = run([
		answered(ALL),
		...heardOf('direct', [{ type: 'echoed' }]),
		{ type: 'stop', at: 2_000 }
	]);
	expect(check.phase).toBe('stopped');
	expect(said(check)).toMatchObject({ direct: 'good carried 100', stun: 'skipped stopped' });
	expect(done.slice(-4).map((effect) => [effect.type, 'line' in effect && effect.line])).toEqual(
		['stun', 'relay-1', 'relay-2', 'relay-3'].map((line) => ['close', line])
	);
	expect(run([{ type: 'stop', at: 2_000 }]).done).toEqual([{ type: 'ask' }, { type: 'stop-asking' }]);
});

test('whatever is heard, in whatever order: it ends once every bound is over, and all that was opened is closed once', () => {
	const lines = ['server', 'direct', 'stun', 'relay-1', 'relay-2', 'relay-3', 'nobody'];
	const heard = fc.oneof(
		fc.constantFrom<ProbeEvent>({ type: 'gathered' }, { type: 'echoed' }, { type: 'broken' }),
		fc.constantFrom('host', 'srflx', 'relay').map((one) => candidate(one as 'host')),
		fc.constantFrom(401, 486, 701).map((code): ProbeEvent => ({ type: 'ice-error', code }))
	);
	const event = fc.oneof(
		fc.record({
			type: fc.constant('probe' as const),
			at: fc.nat(9_999),
			line: fc.constantFrom(...lines),
			heard
		}),
		fc.record({ type: fc.constant('overdue' as const), at: fc.nat(9_999), line: fc.constantFrom(...lines) }),
		fc.constantFrom(ALL, NONE, OFF, TOO_OFTEN).map((offer) => answered(offer)),
		fc.constant<CheckEvent>({ type: 'unanswered', at: 3_000 })
	);
	fc.assert(
		fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), fc.boolean(), (events, hides, stops) => {
			const bounds: CheckEvent[] = lines.map((line) => ({ type: 'overdue', at: 99_999, line }));
			const ending: CheckEvent[] = stops ? [{ type: 'stop', at: 99_999 }] : [answered(NONE), ...bounds];
			const { check, done } = run([...events, ...ending], hides);
			expect(check.phase).not.toBe('running');
			expect(check.lines.every(({ state }) => !['waiting', 'running'].includes(state))).toBe(true);
			const of = (type: CheckEffect['type']) =>
				done.flatMap((effect) => (effect.type === type && 'line' in effect ? [effect.line] : [])).sort();
			expect(of('close')).toEqual(of('open'));
			expect(new Set(of('open')).size).toBe(of('open').length);
		})
	);
});

test.each([
	['turn:t.example:3478?transport=udp', 'udp'],
	['turn:t.example', 'udp'],
	['turn:t.example:80?transport=tcp', 'tcp'],
	['turns:t.example:443', 'tls'],
	['turns:t.example?transport=tcp', 'tls']
])('%s goes by %s', (url, way) => {
	expect(wayOf(url)).toBe(way);
});
