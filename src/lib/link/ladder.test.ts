import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pickMs } from './backoff';
import {
	FIRST_POLL_WITHIN_MS,
	newLadder,
	transition,
	type Ladder,
	type LadderEffect,
	type LadderEvent
} from './ladder';
import { LEAVE_ALONE_MS } from './rung-health';

const registering = transition(newLadder(0), { type: 'start' }, 0).state;
const polling = transition(registering, { type: 'device-opened' }, 0).state;
const failed: LadderEvent = { type: 'stream-failed', unauthorized: false };
const answered: LadderEvent = { type: 'poll-answered', news: 'state', hole: false, waited: false, tookMs: 5 };
const idleAnswer: LadderEvent = {
	type: 'poll-answered',
	news: 'none',
	hole: false,
	waited: true,
	tookMs: 20_000
};
const standing = run(polling, answered, { type: 'stream-stands' });
const waiting = run(polling, failed);

function run(from: Ladder, ...events: LadderEvent[]): Ladder {
	return events.reduce((ladder, event) => transition(ladder, event, 0).state, from);
}

test.each<[title: string, from: Ladder, event: LadderEvent, rung: string, effects: string[]]>([
	['new -> start -> registering', newLadder(0), { type: 'start' }, 'none', ['open-device']],
	[
		'registering -> device-opened -> polling, stream beside it',
		registering,
		{ type: 'device-opened' },
		'none',
		['poll', 'open-stream']
	],
	[
		'registering -> device-failed -> registering',
		registering,
		{ type: 'device-failed' },
		'none',
		['schedule-open']
	],
	['(ignored) polling -> device-opened', polling, { type: 'device-opened' }, 'none', []],
	['polling -> poll-answered -> polling', polling, answered, 'poll', ['schedule-poll']],
	[
		'polling -> poll-answered after its whole wait -> the next at once',
		polling,
		idleAnswer,
		'poll',
		['poll']
	],
	['polling -> poll-failed -> polling', polling, { type: 'poll-failed' }, 'none', ['schedule-poll']],
	['polling -> stream-stands -> streaming', polling, { type: 'stream-stands' }, 'websocket', ['stop-poll']],
	['polling -> stream-failed -> polling', polling, failed, 'none', ['close-stream', 'schedule-probe']],
	[
		'polling -> stream-failed, unauthorized -> asks HTTP at once',
		polling,
		{ type: 'stream-failed', unauthorized: true },
		'none',
		['close-stream', 'schedule-probe', 'stop-poll', 'poll']
	],
	['waiting -> probe-due -> opening', waiting, { type: 'probe-due' }, 'none', ['open-stream']],
	['(given up) waiting -> stream-stands', waiting, { type: 'stream-stands' }, 'none', ['close-stream']],
	[
		'streaming -> stream-failed -> polling',
		standing,
		failed,
		'poll',
		['close-stream', 'schedule-probe', 'schedule-poll']
	],
	['(ignored) streaming -> poll-due', standing, { type: 'poll-due' }, 'websocket', []],
	['(ignored) streaming -> probe-due', standing, { type: 'probe-due' }, 'websocket', []],
	['streaming -> hole-seen -> one poll', standing, { type: 'hole-seen' }, 'websocket', ['poll']],
	[
		'streaming, a hole being read -> stream-failed -> that poll goes on',
		run(standing, { type: 'hole-seen' }),
		failed,
		'poll',
		['close-stream', 'schedule-probe']
	],
	['(ignored) polling -> hole-seen', polling, { type: 'hole-seen' }, 'none', []],
	[
		'streaming -> online -> everything anew',
		standing,
		{ type: 'online' },
		'none',
		['stop-poll', 'close-stream', 'poll', 'open-stream']
	],
	['(ignored) streaming -> woken', standing, { type: 'woken' }, 'websocket', []],
	['waiting -> woken -> probes at once', waiting, { type: 'woken' }, 'none', ['open-stream']],
	[
		'streaming -> device-forgotten -> registering',
		standing,
		{ type: 'device-forgotten' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'drop-device', 'open-device']
	],
	[
		'streaming -> stop -> over',
		standing,
		{ type: 'stop' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'drop-device']
	],
	[
		'polling -> signed-out -> over',
		polling,
		{ type: 'signed-out' },
		'none',
		['cancel-timers', 'stop-poll', 'close-stream', 'drop-device']
	],
	['(ignored) over -> online', run(polling, { type: 'stop' }), { type: 'online' }, 'none', []]
])('%s', (_title, from, event, rung, effects) => {
	const next = transition(from, event, 0);
	expect(next.effects.map((effect) => effect.type)).toEqual(effects);
	expect(next.state.status.rung).toBe(rung);
});

describe('in words', () => {
	test.each<[string, Ladder]>([
		['Connecting to the server.', polling],
		['The WebSocket is being opened; polling until it stands.', run(polling, answered)],
		['WebSocket is blocked; polling instead.', run(polling, failed, answered)],
		['', standing],
		['The WebSocket was lost; polling until it is back.', run(standing, failed)],
		[
			'The WebSocket keeps breaking; polling for a while.',
			run(standing, failed, { type: 'probe-due' }, { type: 'stream-stands' }, failed)
		],
		[
			'The server cannot be reached; trying again.',
			run(standing, failed, { type: 'poll-due' }, { type: 'poll-failed' })
		],
		['This device is offline.', run(polling, { type: 'offline' })],
		['The session is over.', run(polling, { type: 'signed-out' })]
	])('%s', (why, ladder) => {
		expect(ladder.status.why).toBe(why);
	});
});

test('the first poll after a lost stream comes within 0 to 500 ms, at random', () => {
	const poll = transition(standing, failed, 0).effects.find((effect) => effect.type === 'schedule-poll');
	expect(poll).toMatchObject({ afterMs: 0, withinMs: FIRST_POLL_WITHIN_MS });
});

test('a server that was away says nothing against the WebSocket: it is probed as soon as a poll is answered', () => {
	const away = run(
		standing,
		failed,
		{ type: 'poll-due' },
		{ type: 'poll-failed' },
		{ type: 'probe-due' },
		failed
	);
	const back = transition(run(away, { type: 'poll-due' }), { ...answered, waited: false }, 0);
	expect(back.effects).toContainEqual({ type: 'schedule-probe', afterMs: 0, withinMs: 1_000 });
	expect(back.state.status.why).not.toContain('blocked');
});

/** Runs effects as the link does, and breaks when the machine asks for what must not be. */
class Model {
	ladder = newLadder(0);
	now = 0;
	polling = false;
	streaming: 'none' | 'opening' | 'open' = 'none';
	registering = false;
	readonly timers = new Map<string, { at: number; event: LadderEvent }>();
	readonly ups: number[] = [];

	send(event: LadderEvent, random: number) {
		const before = this.ladder.stream;
		const { state, effects } = transition(this.ladder, event, this.now);
		this.ladder = state;
		if (before !== 'standing' && state.stream === 'standing') this.ups.push(this.now);
		for (const effect of effects) this.run(effect, random);
	}

	run(effect: LadderEffect, random: number) {
		switch (effect.type) {
			case 'poll':
				expect(this.polling).toBe(false);
				this.polling = true;
				break;
			case 'stop-poll':
				this.polling = false;
				break;
			case 'open-device':
				expect(this.registering).toBe(false);
				this.registering = true;
				break;
			case 'open-stream':
				expect(this.streaming).toBe('none');
				this.streaming = 'opening';
				break;
			case 'close-stream':
				this.streaming = 'none';
				break;
			case 'schedule-open':
				this.timers.set('open', { at: this.now + pickMs(effect, random), event: { type: 'open-due' } });
				break;
			case 'schedule-poll':
				this.timers.set('poll', { at: this.now + pickMs(effect, random), event: { type: 'poll-due' } });
				break;
			case 'schedule-probe':
				this.timers.set('probe', { at: this.now + pickMs(effect, random), event: { type: 'probe-due' } });
				break;
			case 'cancel-timers':
				this.timers.clear();
				break;
			case 'drop-device':
				this.registering = false;
		}
	}

	/** Somebody reads, or is about to. */
	expectReader() {
		const { phase } = this.ladder;
		if (phase === 'registering') expect(this.registering || this.timers.has('open')).toBe(true);
		if (phase !== 'reading') return;
		const stands = this.ladder.stream === 'standing' && this.streaming === 'open';
		expect(stands || this.polling || this.timers.has('poll')).toBe(true);
		if (this.streaming === 'none') expect(this.timers.has('probe')).toBe(true);
	}

	act(action: Action, random: number) {
		switch (action.type) {
			case 'fire': {
				const next = [...this.timers].sort(([, a], [, b]) => a.at - b.at)[0];
				if (!next) return;
				this.timers.delete(next[0]);
				this.now = Math.max(this.now, next[1].at);
				return this.send(next[1].event, random);
			}
			case 'device':
				if (!this.registering) return;
				this.registering = false;
				return this.send({ type: action.ok ? 'device-opened' : 'device-failed' }, random);
			case 'poll':
				if (!this.polling) return;
				this.polling = false;
				return this.send(
					action.ok
						? { type: 'poll-answered', news: action.news, hole: action.hole, waited: false, tookMs: 5 }
						: { type: 'poll-failed' },
					random
				);
			case 'stream-up':
				if (this.streaming !== 'opening') return;
				this.streaming = 'open';
				return this.send({ type: 'stream-stands' }, random);
			case 'stream-down':
				if (this.streaming === 'none') return;
				this.streaming = 'none';
				return this.send({ type: 'stream-failed', unauthorized: action.unauthorized }, random);
			case 'stray':
				return this.send(action.event, random);
		}
	}
}

type Action =
	| { type: 'fire' }
	| { type: 'device'; ok: boolean }
	| { type: 'poll'; ok: boolean; news: 'signals' | 'state' | 'none'; hole: boolean }
	| { type: 'stream-up' }
	| { type: 'stream-down'; unauthorized: boolean }
	| { type: 'stray'; event: LadderEvent };

const network: fc.Arbitrary<Action>[] = [
	fc.constant<Action>({ type: 'fire' }),
	fc.record({ type: fc.constant('device' as const), ok: fc.boolean() }),
	fc.record({
		type: fc.constant('poll' as const),
		ok: fc.boolean(),
		news: fc.constantFrom('signals' as const, 'state' as const, 'none' as const),
		hole: fc.boolean()
	}),
	fc.constant<Action>({ type: 'stream-up' }),
	fc.record({ type: fc.constant('stream-down' as const), unauthorized: fc.boolean() })
];
// What may come at any time, also late or twice.
const stray = fc.record({
	type: fc.constant('stray' as const),
	event: fc.constantFrom<LadderEvent>(
		{ type: 'start' },
		{ type: 'poll-due' },
		{ type: 'probe-due' },
		{ type: 'hole-seen' },
		{ type: 'online' },
		{ type: 'offline' },
		{ type: 'woken' },
		{ type: 'device-forgotten' }
	)
});

function play(actions: readonly (readonly [Action, number])[]): Model {
	const model = new Model();
	model.send({ type: 'start' }, 0);
	for (const [action, random] of actions) {
		model.act(action, random);
		model.expectReader();
	}
	return model;
}

const chance = fc.double({ min: 0, max: 0.999, noNaN: true });

test('whatever happens in whatever order, somebody reads, and never two polls are in flight', () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.oneof(...network, stray), chance), { maxLength: 80 }), (actions) => {
			play(actions);
		}),
		{ numRuns: 1_000 }
	);
});

test('never flaps: whatever the network does, the stream comes up at most twice in any 30 s', () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.oneof(...network), chance), { maxLength: 200 }), (actions) => {
			const { ups } = play(actions);
			ups.forEach((at, i) => {
				const third = ups[i + 2];
				if (third !== undefined) expect(third - at).toBeGreaterThanOrEqual(LEAVE_ALONE_MS);
			});
		}),
		{ numRuns: 500 }
	);
});
