import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offeredRung } from '../call/core/rung';
import { pickMs } from './backoff';
import type { Choice } from './choice';
import { newLadder, transition } from './ladder';
import { carrier, polls, uses, type LadderEffect, type LadderEvent, type StreamRung } from './ladder-state';
import { LEAVE_ALONE_MS } from './rung-health';

const STREAMS = ['websocket', 'sse'] as const;

function must(condition: boolean, what: string): asserts condition {
	if (!condition) throw new Error(what);
}

/** Runs effects as the link does, and breaks when the machine asks for what must not be. */
class Model {
	ladder;
	now = 0;
	polling = false;
	waits = false;
	registering = false;
	readonly streams: Record<StreamRung, 'none' | 'opening' | 'open'> = { websocket: 'none', sse: 'none' };
	readonly timers = new Map<string, { at: number; event: LadderEvent }>();
	/** When a rung began to carry, and which. */
	readonly changes: { at: number; rung: string }[] = [];

	constructor(
		choice: Choice,
		readonly offered: readonly (typeof offeredRung.options)[number][]
	) {
		this.ladder = newLadder(0, choice);
	}

	send(event: LadderEvent, random: number) {
		const before = carrier(this.ladder);
		const { state, effects } = transition(this.ladder, event, this.now);
		this.ladder = state;
		const after = carrier(state);
		if (after && after !== before) this.changes.push({ at: this.now, rung: after });
		for (const effect of effects) this.run(effect, random);
	}

	run(effect: LadderEffect, random: number) {
		const schedule = (name: string, wait: { afterMs: number; withinMs: number }, event: LadderEvent) =>
			this.timers.set(name, { at: this.now + pickMs(wait, random), event });
		const { choice } = this.ladder;
		switch (effect.type) {
			case 'poll':
				must(!this.polling, 'a second poll');
				must(polls(this.ladder), 'a poll that is not wanted');
				must(!effect.wait || uses(this.ladder, 'long-poll'), 'a long poll that is not wanted');
				this.polling = true;
				this.waits = effect.wait;
				break;
			case 'stop-poll':
				this.polling = false;
				break;
			case 'open-device':
				must(!this.registering, 'a second registration');
				this.registering = true;
				break;
			case 'open-stream':
				must(this.streams[effect.rung] === 'none', 'a second stream of the same rung');
				must(choice === null || choice.rung === effect.rung, 'a stream that was not chosen');
				this.streams[effect.rung] = 'opening';
				break;
			case 'close-stream':
				this.streams[effect.rung] = 'none';
				break;
			case 'schedule-open':
				schedule('open', effect, { type: 'open-due' });
				break;
			case 'schedule-poll':
				schedule('poll', effect, { type: 'poll-due' });
				break;
			case 'schedule-hold':
				schedule('hold', effect, { type: 'hold-over' });
				break;
			case 'schedule-probe':
				schedule(effect.rung, effect, { type: 'probe-due', rung: effect.rung });
				break;
			case 'cancel-timers':
				this.timers.clear();
				break;
			case 'drop-device':
				this.registering = false;
				break;
			case 'check-device':
				must(!polls(this.ladder), 'a check where a poll would do');
		}
	}

	check() {
		const { phase, choice, websocket, sse, status, hidden, inCall } = this.ladder;
		must(!choice || status.rung === 'none' || status.rung === choice.rung, 'left the chosen rung');
		if (phase === 'registering') must(this.registering || this.timers.has('open'), 'nobody registers');
		if (phase !== 'reading') return;
		const stands = STREAMS.some(
			(rung) => this.ladder[rung].at === 'standing' && this.streams[rung] === 'open'
		);
		const asks = this.polling || this.timers.has('poll');
		const tries = STREAMS.some((rung) => this.streams[rung] !== 'none' || this.timers.has(rung));
		must(stands || asks || (!polls(this.ladder) && tries), 'nobody reads, and nobody is about to');
		for (const rung of STREAMS) {
			if (this.ladder[rung].at === 'resting') must(this.timers.has(rung), `${rung} rests for ever`);
			const open = this.ladder[rung].at === 'opening' || this.ladder[rung].at === 'standing';
			must(open === (this.streams[rung] !== 'none'), `${rung}: the machine and the world differ`);
		}
		must(websocket.at !== 'idle' || !uses(this.ladder, 'websocket'), 'the WebSocket is forgotten');
		must(websocket.at !== 'standing' || sse.at === 'idle', 'two streams carry');
		if (hidden && !inCall && !choice && this.offered.includes('short-poll')) {
			must(this.streams.sse === 'none' && !(this.polling && this.waits), 'a hidden tab holds a connection');
		}
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
				return this.send(
					action.ok ? { type: 'device-opened', offered: this.offered } : { type: 'device-failed' },
					random
				);
			case 'poll': {
				if (!this.polling) return;
				this.polling = false;
				const { news, hole } = action;
				return this.send(
					action.ok ? { type: 'poll-answered', news, hole, tookMs: 5 } : { type: 'poll-failed' },
					random
				);
			}
			case 'stream-up':
				if (this.streams[action.rung] !== 'opening') return;
				this.streams[action.rung] = 'open';
				return this.send({ type: 'stream-stands', rung: action.rung }, random);
			case 'stream-down':
				if (this.streams[action.rung] === 'none') return;
				this.streams[action.rung] = 'none';
				return this.send(
					{ type: 'stream-failed', rung: action.rung, unauthorized: action.unauthorized },
					random
				);
			case 'stray':
				return this.send(action.event, random);
		}
	}
}

type Action =
	| { type: 'fire' }
	| { type: 'device'; ok: boolean }
	| { type: 'poll'; ok: boolean; news: 'signals' | 'state' | 'none'; hole: boolean }
	| { type: 'stream-up'; rung: StreamRung }
	| { type: 'stream-down'; rung: StreamRung; unauthorized: boolean }
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
	fc.record({ type: fc.constant('stream-up' as const), rung: fc.constantFrom(...STREAMS) }),
	fc.record({
		type: fc.constant('stream-down' as const),
		rung: fc.constantFrom(...STREAMS),
		unauthorized: fc.boolean()
	})
];
// What may come at any time, also late or twice.
const stray = fc.record({
	type: fc.constant('stray' as const),
	event: fc.constantFrom<LadderEvent>(
		{ type: 'start' },
		{ type: 'poll-due' },
		{ type: 'hold-over' },
		{ type: 'probe-due', rung: 'websocket' },
		{ type: 'probe-due', rung: 'sse' },
		{ type: 'probe-due', rung: 'long-poll' },
		{ type: 'hole-seen' },
		{ type: 'online' },
		{ type: 'offline' },
		{ type: 'hidden' },
		{ type: 'woken' },
		{ type: 'in-call', on: true },
		{ type: 'in-call', on: false },
		{ type: 'device-forgotten' }
	)
});
const choice = fc.option(
	fc.record({ rung: fc.constantFrom(...offeredRung.options), by: fc.constant('settings' as const) })
);
const offered = fc.subarray([...offeredRung.options], { minLength: 1 });
const chance = fc.double({ min: 0, max: 0.999, noNaN: true });

type Script = readonly (readonly [Action, number])[];

function play(model: Model, actions: Script): Model {
	model.send({ type: 'start' }, 0);
	for (const [action, random] of actions) {
		model.act(action, random);
		model.check();
	}
	return model;
}

const anything = fc.array(fc.tuple(fc.oneof(...network, stray), chance), { maxLength: 80, size: 'max' });

test('whatever happens in whatever order, somebody reads, never two polls are in flight, and a choice is kept', () => {
	fc.assert(
		fc.property(choice, offered, anything, (held, rungs, actions) => {
			play(new Model(held, rungs), actions);
		}),
		{ numRuns: 2_000 }
	);
});

test('a choice made on the way is kept from then on', () => {
	fc.assert(
		fc.property(choice, choice, anything, anything, (before, after, first, second) => {
			const model = play(new Model(before, offeredRung.options), first);
			model.send({ type: 'choose', choice: after }, 0);
			for (const [action, random] of second) {
				model.act(action, random);
				model.check();
			}
		}),
		{ numRuns: 1_000 }
	);
});

test('never flaps: whatever the network does, the WebSocket comes up at most twice in any 30 s', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.oneof(...network), chance), { maxLength: 200, size: 'max' }),
			(actions) => {
				const { changes } = play(new Model(null, offeredRung.options), actions);
				const ups = changes.filter(({ rung }) => rung === 'websocket');
				ups.forEach(({ at }, i) => {
					const third = ups[i + 2];
					if (third) expect(third.at - at).toBeGreaterThanOrEqual(LEAVE_ALONE_MS);
				});
				// Server-sent events come up for each of these, and twice for themselves.
				changes.forEach(({ at }, i) => {
					const seventh = changes[i + 6];
					if (seventh) expect(seventh.at - at).toBeGreaterThanOrEqual(LEAVE_ALONE_MS);
				});
			}
		),
		{ numRuns: 1_000 }
	);
});
