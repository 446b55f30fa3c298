import { describe, expect, test } from 'vitest';
import { newLadder, transition } from './ladder';
import {
	answered,
	begun,
	cutOnce,
	due,
	failed,
	held,
	hidden,
	idleAnswer,
	longPolling,
	opened,
	overSse,
	pollDue,
	pollFailed,
	polling,
	reading,
	refused,
	registering,
	run,
	shortPolling,
	standing,
	stands
} from './ladder-fixture';
import { FIRST_POLL_WITHIN_MS, type Ladder, type LadderEvent } from './ladder-state';
import { WEBSOCKET_COMES_BACK_MS, WEBSOCKET_GOES_FIRST_MS } from './ladder-streams';

test.each<[title: string, from: Ladder, event: LadderEvent, rung: string, effects: string[]]>([
	['new -> start -> registering', newLadder(0), { type: 'start' }, 'none', ['open-device']],
	[
		'registering -> device-opened -> polls, WebSocket beside it',
		registering,
		opened,
		'none',
		['poll', 'open-stream', 'schedule-hold']
	],
	['registering -> device-failed', registering, { type: 'device-failed' }, 'none', ['schedule-open']],
	['(ignored) reading -> device-opened', begun, opened, 'none', []],
	['begun -> poll-answered -> long polls', begun, answered, 'long-poll', ['schedule-poll']],
	[
		'long poll answered after its whole wait -> the next at once',
		longPolling,
		idleAnswer,
		'long-poll',
		['poll']
	],
	['begun -> poll-failed', begun, pollFailed, 'none', ['schedule-poll']],
	[
		'polling -> poll-failed once: nothing is known yet',
		longPolling,
		pollFailed,
		'long-poll',
		['schedule-poll']
	],

	['polling -> WebSocket stands -> it carries', polling, stands('websocket'), 'websocket', ['stop-poll']],
	[
		'polling -> WebSocket refused -> server-sent events, and the poll that had given it time, at once',
		polling,
		failed('websocket'),
		'long-poll',
		['close-stream', 'schedule-probe', 'poll', 'open-stream']
	],
	[
		'polling -> WebSocket late -> server-sent events too',
		polling,
		{ type: 'hold-over' },
		'long-poll',
		['open-stream']
	],
	[
		'begun -> WebSocket refused before any poll was answered: nothing more is tried yet',
		begun,
		failed('websocket'),
		'none',
		['close-stream', 'schedule-probe']
	],
	[
		'… -> poll-answered -> server-sent events',
		run(begun, failed('websocket')),
		answered,
		'long-poll',
		['schedule-poll', 'open-stream']
	],
	['server-sent events stand -> they carry', refused, stands('sse'), 'sse', ['stop-poll']],
	['over SSE -> WebSocket probed', overSse, due('websocket'), 'sse', ['open-stream']],
	[
		'over SSE -> the probe fails -> nothing changes',
		run(overSse, due('websocket')),
		failed('websocket'),
		'sse',
		['close-stream', 'schedule-probe']
	],
	[
		'over SSE -> the probe stands -> SSE is closed only now',
		run(overSse, due('websocket')),
		stands('websocket'),
		'websocket',
		['stop-poll', 'close-stream']
	],
	[
		'over SSE -> lost -> polls',
		overSse,
		failed('sse'),
		'long-poll',
		['close-stream', 'schedule-probe', 'schedule-poll']
	],
	[
		'WebSocket lost -> polls, and it is tried first again',
		standing,
		failed('websocket'),
		'long-poll',
		['close-stream', 'schedule-probe', 'schedule-poll']
	],
	[
		'WebSocket lost twice within a minute -> polls, and server-sent events instead',
		run(standing, failed('websocket'), due('websocket'), stands('websocket')),
		failed('websocket'),
		'long-poll',
		['close-stream', 'schedule-probe', 'schedule-poll', 'open-stream']
	],
	[
		'polling -> WebSocket unauthorized -> asks HTTP at once',
		begun,
		failed('websocket', true),
		'none',
		['close-stream', 'schedule-probe', 'stop-poll', 'poll']
	],
	['(given up) resting -> stream-stands', refused, stands('websocket'), 'long-poll', ['close-stream']],
	['(ignored) streaming -> poll-due', standing, pollDue, 'websocket', []],
	['(ignored) streaming -> probe-due', standing, due('sse'), 'websocket', []],
	['streaming -> hole-seen -> one poll', standing, { type: 'hole-seen' }, 'websocket', ['poll']],
	[
		'streaming, a hole being read -> stream-failed -> that poll goes on',
		run(standing, { type: 'hole-seen' }),
		failed('websocket'),
		'long-poll',
		['close-stream', 'schedule-probe']
	],
	['(ignored) polling -> hole-seen', begun, { type: 'hole-seen' }, 'none', []],

	[
		'a long poll cut off once -> long polls go on',
		run(longPolling, pollFailed, pollDue),
		answered,
		'long-poll',
		['poll']
	],
	[
		'… twice -> short polls, and a probe later',
		run(cutOnce, pollFailed, pollDue),
		answered,
		'short-poll',
		['schedule-poll', 'schedule-probe']
	],
	[
		'… and the network too: says nothing against long polls',
		run(cutOnce, pollFailed, pollDue, pollFailed, pollDue),
		answered,
		'long-poll',
		['open-stream', 'schedule-hold', 'schedule-poll']
	],
	['short polls -> probe -> long polls', shortPolling, due('long-poll'), 'long-poll', []],

	[
		'over SSE -> hidden -> short polls',
		overSse,
		{ type: 'hidden' },
		'short-poll',
		['close-stream', 'schedule-poll']
	],
	[
		'long poll -> hidden -> short polls',
		longPolling,
		{ type: 'hidden' },
		'short-poll',
		['stop-poll', 'schedule-poll']
	],
	['over the WebSocket -> hidden: it stays', standing, { type: 'hidden' }, 'websocket', []],
	[
		'in a call -> hidden: everything stays',
		run(overSse, { type: 'in-call', on: true }),
		{ type: 'hidden' },
		'sse',
		[]
	],
	[
		'hidden -> in a call -> asks now, and climbs',
		hidden,
		{ type: 'in-call', on: true },
		'long-poll',
		['poll', 'open-stream']
	],
	[
		'hidden -> woken -> asks now, and climbs',
		hidden,
		{ type: 'woken' },
		'long-poll',
		['poll', 'open-stream', 'open-stream']
	],
	['(ignored) streaming -> woken', standing, { type: 'woken' }, 'websocket', []],

	[
		'streaming -> online -> everything anew',
		standing,
		{ type: 'online' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'close-stream', 'poll', 'open-stream', 'schedule-hold']
	],
	[
		'streaming -> device-forgotten -> registering',
		standing,
		{ type: 'device-forgotten' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'close-stream', 'drop-device', 'open-device']
	],
	[
		'streaming -> stop -> over',
		standing,
		{ type: 'stop' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'close-stream', 'drop-device']
	],
	[
		'polling -> signed-out -> over',
		polling,
		{ type: 'signed-out' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'close-stream', 'drop-device']
	],
	['(ignored) over -> online', run(polling, { type: 'stop' }), { type: 'online' }, 'none', []]
])('%s', (_title, from, event, rung, effects) => {
	const next = transition(from, event, 0);
	expect(next.effects.map((effect) => effect.type)).toEqual(effects);
	expect(next.state.status.rung).toBe(rung);
});

describe('held to one rung', () => {
	test.each<[title: string, from: Ladder, event: LadderEvent, rung: string, effects: string[]]>([
		[
			'WebSocket refused: nothing else is tried',
			held('websocket'),
			failed('websocket'),
			'none',
			['close-stream', 'schedule-probe']
		],
		[
			'WebSocket lost: nothing else is tried',
			run(held('websocket'), stands('websocket')),
			failed('websocket'),
			'none',
			['close-stream', 'schedule-probe']
		],
		[
			'WebSocket unauthorized: asks who we are, and reads nothing',
			held('websocket'),
			failed('websocket', true),
			'none',
			['close-stream', 'schedule-probe', 'check-device']
		],
		[
			'WebSocket skips a signal: it is opened anew from the cursor',
			run(held('websocket'), stands('websocket')),
			{ type: 'hole-seen' },
			'none',
			['close-stream', 'schedule-probe']
		],
		['SSE stands', held('sse'), stands('sse'), 'sse', []],
		['SSE in a hidden tab: it stays', run(held('sse'), stands('sse')), { type: 'hidden' }, 'sse', []],
		['long polls: no stream is tried', held('long-poll'), answered, 'long-poll', ['schedule-poll']],
		[
			'long polls cut off twice: they are tried again, slower',
			run(held('long-poll'), answered, pollDue, pollFailed, pollDue, answered, pollFailed, pollDue),
			answered,
			'none',
			['schedule-poll']
		],
		['short polls: the next after 1.5 s', held('short-poll'), answered, 'short-poll', ['schedule-poll']],
		[
			'-> the whole ladder again',
			held('short-poll'),
			{ type: 'choose', choice: null },
			'none',
			['cancel-timers', 'stop-poll', 'close-stream', 'close-stream', 'poll', 'open-stream', 'schedule-hold']
		]
	])('%s', (_title, from, event, rung, effects) => {
		const next = transition(from, event, 0);
		expect(next.effects.map((effect) => effect.type)).toEqual(effects);
		expect(next.state.status.rung).toBe(rung);
	});
});

test('the first poll after a lost stream comes within 0 to 500 ms, at random', () => {
	for (const [ladder, rung] of [
		[standing, 'websocket'],
		[overSse, 'sse']
	] as const) {
		const { effects } = transition(ladder, failed(rung), 0);
		const poll = effects.find((effect) => effect.type === 'schedule-poll');
		expect(poll).toMatchObject({ afterMs: 0, withinMs: FIRST_POLL_WITHIN_MS });
	}
});

test('the WebSocket has two seconds for itself before server-sent events are opened too', () => {
	const { effects } = transition(registering, opened, 0);
	expect(effects).toContainEqual({ type: 'schedule-hold', afterMs: WEBSOCKET_GOES_FIRST_MS, withinMs: 0 });
	expect(effects).not.toContainEqual({ type: 'open-stream', rung: 'sse' });
});

test('a WebSocket that is on its way needs no long poll beside it for a while; one that has stood before, for longer', () => {
	const schedule = { type: 'schedule-poll', withinMs: 0 };
	expect(transition(begun, answered, 0).effects).toEqual([{ ...schedule, afterMs: 1_000 }]);
	const stood = transition(polling, stands('websocket'), 60_000).state;
	const back = transition(run(stood, failed('websocket'), pollDue, pollFailed, pollDue), answered, 0);
	expect(back.effects).toEqual([
		{ type: 'open-stream', rung: 'websocket' },
		{ type: 'schedule-hold', afterMs: WEBSOCKET_COMES_BACK_MS, withinMs: 0 },
		{ ...schedule, afterMs: WEBSOCKET_COMES_BACK_MS / 2 }
	]);
	const withSignals = { ...answered, news: 'signals' } as const;
	expect(transition(begun, withSignals, 0).effects).toEqual([{ type: 'poll', wait: true }]);
});

test('a server that was away says nothing against the streams: the WebSocket is opened as soon as a poll is answered', () => {
	const away = run(standing, failed('websocket'), pollDue, pollFailed);
	const probed = transition(away, due('websocket'), 0);
	expect(probed.effects.map((effect) => effect.type)).toEqual(['schedule-probe']);
	const back = transition(run(probed.state, pollDue), answered, 0);
	expect(back.effects).toContainEqual({ type: 'open-stream', rung: 'websocket' });
	expect(back.effects).not.toContainEqual({ type: 'open-stream', rung: 'sse' });
	expect(back.state.status.why).not.toContain('blocked');
});

test('polls wait on the server only where long polls carry us', () => {
	const wait = (ladder: Ladder, event: LadderEvent) =>
		transition(ladder, event, 0).effects.find((effect) => effect.type === 'poll')?.wait;
	expect(wait(registering, opened)).toBe(false);
	expect(wait(run(begun, failed('websocket'), answered), pollDue)).toBe(true);
	expect(wait(shortPolling, pollDue)).toBe(false);
	expect(wait(run(longPolling, pollFailed), pollDue)).toBe(false);
	expect(wait(run(held('short-poll'), answered), pollDue)).toBe(false);
	expect(wait(run(reading(null, ['short-poll']), answered), pollDue)).toBe(false);
	expect(wait(run(shortPolling, due('long-poll')), pollDue)).toBe(true);
});

test('without polls a stream that breaks again and again is still tried within seconds', () => {
	let ladder = held('websocket');
	for (let i = 0; i < 10; i += 1) {
		const next = transition(run(ladder, stands('websocket')), failed('websocket'), 0);
		const probe = next.effects.find((effect) => effect.type === 'schedule-probe');
		expect(probe && probe.afterMs + probe.withinMs).toBeLessThanOrEqual(4_000);
		ladder = run(next.state, due('websocket'));
	}
});
