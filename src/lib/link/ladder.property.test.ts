import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offeredRung } from '../call/core/rung';
import { pickMs } from './backoff';
import type { Choice } from './choice';
import { newLadder, transition } from './ladder';
import { carrier, polls, uses, type LadderEffect, type LadderEvent, type StreamRung } from './ladder-state';
import { LEAVE_ALONE_MS } from './rung-health';

const STREAMS = ['websocket', 'sse'] as const;

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
				expect(this.polling).toBe(false);
				expect(polls(this.ladder)).toBe(true);
				if (effect.wait) expect(uses(this.ladder, 'long-poll')).toBe(true);
				this.polling = true;
				this.waits = effect.wait;
				break;
			case 'stop-poll':
				this.polling = false;
				break;
			case 'open-device':
				expect(this.registering).toBe(false);
				this.registering = true;
				break;
			case 'open-stream':
				expect(this.streams[effect.rung]).toBe('none');
				expect(choice === null || choice.rung === effect.rung).toBe(true);
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
				expect(polls(this.ladder)).toBe(false);
		}
	}

	check() {
		const { phase, choice, websocket, sse, status, hidden, inCall } = this.ladder;
		if (choice) expect([choice.rung, 'none']).toContain(status.rung);
		if (phase === 'registering') expect(this.registering || this.timers.has('open')).toBe(true);
		if (phase !== 'reading') return;
		// Somebody reads, or is about to.
		const stands = STREAMS.some(
			(rung) => this.ladder[rung].at === 'standing' && this.streams[rung] === 'open'
		);
		const asks = this.polling || this.timers.has('poll');
		const tries = STREAMS.some((rung) => this.streams[rung] !== 'none' || this.timers.has(rung));
		expect(stands || asks || (!polls(this.ladder) && tries)).toBe(true);
		// A rung that may carry and does not is on its way, or will be tried.
		if (uses(this.ladder, 'websocket'))
			expect(
				websocket.at === 'resting' ? this.timers.has('websocket') : this.streams.websocket !== 'none'
			).toBe(true);
		if (sse.at === 'resting') expect(this.timers.has('sse')).toBe(true);
		// One stream carries, and nobody polls beside it but to fill a hole.
		expect(websocket.at === 'standing' && sse.at === 'standing').toBe(false);
		// A hidden tab holds no connection for good.
		if (hidden && !inCall && !choice && this.offered.includes('short-poll')) {
			expect(this.streams.sse).toBe('none');
			expect(this.polling && this.waits).toBe(false);
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

const anything = fc.array(fc.tuple(fc.oneof(...network, stray), chance), { maxLength: 80 });

test('whatever happens in whatever order, somebody reads, never two polls are in flight, and a choice is kept', () => {
	fc.assert(
		fc.property(choice, offered, anything, (held, rungs, actions) => {
			play(new Model(held, rungs), actions);
		}),
		{ numRuns: 3_000 }
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
		fc.property(fc.array(fc.tuple(fc.oneof(...network), chance), { maxLength: 200 }), (actions) => {
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
		}),
		{ numRuns: 1_000 }
	);
});
