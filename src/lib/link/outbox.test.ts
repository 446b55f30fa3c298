import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_SEND_BYTES, MAX_SIGNALS_PER_SEND } from '../call/core/limits';
import type { SignalEnvelope } from '../call/core/signal';
import {
	emptyOutbox,
	transition,
	type NumberedSignal,
	type Outbox,
	type OutboxEffect,
	type OutboxEvent,
	type Refusal
} from './outbox';

const envelope = (body = 'AAAA'): SignalEnvelope => ({ v: 1, kind: 'candidates', callVersion: 1, body });
const queued = (callId = 'call', body?: string): OutboxEvent => ({
	type: 'queued',
	callId,
	envelope: envelope(body)
});
const refused = (key: Refusal['key'], wanted: number | null, flight = 1): OutboxEvent => ({
	type: 'refused',
	flight,
	refusal: { key, wanted }
});

function run(from: Outbox, ...events: OutboxEvent[]): { outbox: Outbox; effects: readonly OutboxEffect[] } {
	let outbox = from;
	let effects: readonly OutboxEffect[] = [];
	for (const event of events) ({ state: outbox, effects } = transition(outbox, event));
	return { outbox, effects };
}

function numbersOf(effect: OutboxEffect | undefined): number[] {
	return effect?.type === 'send' ? effect.signals.map((signal) => signal.n) : [];
}

describe('one send in flight', () => {
	test('empty -> queued -> in flight, and what comes meanwhile gathers behind it', () => {
		const { outbox, effects } = run(emptyOutbox, queued(), queued(), queued());
		expect(effects).toEqual([]);
		const next = transition(outbox, { type: 'taken', flight: 1 });
		expect(numbersOf(next.effects[0])).toEqual([2, 3]);
	});

	test('a send carries at most 32 signals', () => {
		const many = Array.from({ length: 1 + MAX_SIGNALS_PER_SEND + 5 }, () => queued());
		const { effects } = run(emptyOutbox, ...many, { type: 'taken', flight: 1 });
		expect(numbersOf(effects[0])).toHaveLength(MAX_SIGNALS_PER_SEND);
	});

	test('a send carries at most 32 KiB of bodies', () => {
		const half = 'A'.repeat((MAX_SEND_BYTES / 2 / 3) * 4 + (4 - (((MAX_SEND_BYTES / 2 / 3) * 4) % 4)));
		const { effects } = run(emptyOutbox, queued(), queued('call', half), queued('call', half), {
			type: 'taken',
			flight: 1
		});
		expect(numbersOf(effects[0])).toEqual([2]);
	});

	test('a send carries signals of one call', () => {
		const { effects } = run(emptyOutbox, queued(), queued('a'), queued('a'), queued('b'), {
			type: 'taken',
			flight: 1
		});
		expect(numbersOf(effects[0])).toEqual([2, 3]);
	});
});

describe('no answer', () => {
	test('in flight -> unanswered -> the same numbers by HTTP', () => {
		const { effects } = run(emptyOutbox, queued(), queued(), { type: 'unanswered', flight: 1 });
		expect(effects).toMatchObject([{ type: 'send', flight: 1, way: 'http', signals: [{ n: 1 }] }]);
	});

	test('in flight -> failed -> rests -> retry-due -> the same numbers', () => {
		const resting = run(emptyOutbox, queued(), { type: 'failed', flight: 1 });
		expect(resting.effects).toMatchObject([{ type: 'rest', flight: 1 }]);
		const { effects } = run(resting.outbox, { type: 'retry-due', flight: 1 });
		expect(numbersOf(effects[0])).toEqual([1]);
	});

	test('(ignored) the late answer of a flight that is settled', () => {
		const { outbox } = run(emptyOutbox, queued(), { type: 'taken', flight: 1 }, queued());
		expect(transition(outbox, { type: 'taken', flight: 1 })).toEqual({ state: outbox, effects: [] });
	});
});

describe('refused', () => {
	test('signal/not-in-call drops that call alone; the next goes on from the number wanted', () => {
		const { effects } = run(
			emptyOutbox,
			queued('a'),
			queued('a'),
			queued('b'),
			refused('signal/not-in-call', 1)
		);
		expect(effects).toMatchObject([
			{ type: 'refuse', callId: 'a', key: 'signal/not-in-call' },
			{ type: 'send', signals: [{ n: 1, callId: 'b' }] }
		]);
	});

	test('mailbox/full drops everything, and tells it of each call', () => {
		const { outbox, effects } = run(emptyOutbox, queued('a'), queued('b'), refused('mailbox/full', 1));
		expect(effects).toMatchObject([
			{ type: 'refuse', callId: 'a' },
			{ type: 'refuse', callId: 'b' }
		]);
		expect(numbersOf(run(outbox, queued('c')).effects[0])).toEqual([1]);
	});

	test('signal/gap for numbers that were dropped -> renumbered from the number wanted', () => {
		const { outbox } = run(emptyOutbox, queued(), refused('signal/too-large', null), queued(), queued());
		const { effects } = run(outbox, refused('signal/gap', 1, 2));
		expect(numbersOf(effects[0])).toEqual([1, 2]);
	});

	test('signal/gap for a number that was acknowledged -> refused: nobody holds it any more', () => {
		const { outbox } = run(emptyOutbox, queued(), { type: 'taken', flight: 1 }, queued());
		expect(run(outbox, refused('signal/gap', 1, 2)).effects).toMatchObject([
			{ type: 'refuse', key: 'signal/gap' }
		]);
	});

	test('a refusal waits for a try that is still on its way: that one may be taken', () => {
		const open = run(emptyOutbox, queued(), { type: 'unanswered', flight: 1 }, refused('mailbox/full', 1));
		expect(open.effects).toEqual([]);
		expect(run(open.outbox, { type: 'taken', flight: 1 }).effects).toEqual([]);
		expect(run(open.outbox, refused('mailbox/full', 1)).effects).toMatchObject([{ type: 'refuse' }]);
	});

	test('a refusal is asked for anew when a try beside it ended unknown: that one may have been taken', () => {
		const tries: OutboxEvent[] = [queued(), { type: 'unanswered', flight: 1 }];
		const failed: OutboxEvent = { type: 'failed', flight: 1 };
		for (const ends of [
			[refused('mailbox/full', 1), failed],
			[failed, refused('mailbox/full', 1)]
		]) {
			const resting = run(emptyOutbox, ...tries, ...ends);
			expect(resting.effects).toMatchObject([{ type: 'rest' }]);
			const alone = run(resting.outbox, { type: 'retry-due', flight: 1 }, refused('mailbox/full', 1));
			expect(alone.effects).toMatchObject([{ type: 'refuse' }]);
		}
	});
});

type Packet = { flight: number; signals: readonly NumberedSignal[] };
type Act = {
	type: 'queue' | 'deliver' | 'double' | 'refuse' | 'lose-request' | 'hear' | 'lose-answer' | 'timer';
	pick: number;
};

/** A mailbox that knows each number for its whole life, and a network that loses, doubles and delays. */
class World {
	outbox = emptyOutbox;
	readonly queuedBodies: string[] = [];
	readonly log: string[] = [];
	readonly refusedBodies = new Set<string>();
	lastN = 0;
	requests: Packet[] = [];
	ghosts: Packet[] = [];
	/** Decided at the server, not heard yet: in any order, and the mailbox may have moved meanwhile. */
	answers: Exclude<OutboxEvent, { type: 'queued' }>[] = [];
	timers: OutboxEvent[] = [];

	dispatch(event: OutboxEvent) {
		const before = this.outbox.queue;
		const { state, effects } = transition(this.outbox, event);
		this.outbox = state;
		const inFlight = this.requests.map((request) => request.flight);
		for (const effect of effects) {
			if (effect.type === 'send') {
				for (const flight of inFlight) expect(flight).toBeLessThanOrEqual(effect.flight);
				this.requests.push({ flight: effect.flight, signals: effect.signals });
				if (effect.way === 'any') this.timers.push({ type: 'unanswered', flight: effect.flight });
			} else if (effect.type === 'rest') this.timers.push({ type: 'retry-due', flight: effect.flight });
			else {
				const kept = new Set(state.queue.map((signal) => signal.envelope.body));
				for (const { envelope } of before)
					if (!kept.has(envelope.body)) this.refusedBodies.add(envelope.body);
			}
		}
	}

	queue(callId: string) {
		const body = String(this.queuedBodies.length).padStart(4, '0');
		this.queuedBodies.push(body);
		this.dispatch({ type: 'queued', callId, envelope: envelope(body) });
	}

	/** What the server does with a send: all of it, but for what it has, or nothing. */
	write({ flight, signals }: Packet, full: boolean): Exclude<OutboxEvent, { type: 'queued' }> {
		const fresh = signals.filter(({ n }) => n > this.lastN);
		const refuse = (key: Refusal['key'], wanted: number | null) =>
			({ type: 'refused', flight, refusal: { key, wanted } }) as const;
		const wanted = this.lastN + 1;
		if (fresh[0] && full) return refuse('mailbox/full', this.lastN % 2 ? wanted : null);
		if (fresh[0] && fresh[0].n > wanted) return refuse('signal/gap', wanted);
		for (const { envelope } of fresh) this.log.push(envelope.body);
		this.lastN += fresh.length;
		return { type: 'taken', flight };
	}

	act({ type, pick }: Act) {
		const take = <T>(list: T[]): T | undefined => list.splice(pick % Math.max(1, list.length), 1)[0];
		if (type === 'queue') return this.queue(pick % 3 === 0 ? 'a' : 'b');
		if (type === 'timer') {
			const timer = take(this.timers);
			return timer && this.dispatch(timer);
		}
		if (type === 'double') {
			// A copy of anything ever sent arrives, and nobody hears the answer.
			const ghost = this.ghosts[pick % Math.max(1, this.ghosts.length)];
			return ghost && this.write(ghost, false);
		}
		if (type === 'hear' || type === 'lose-answer') {
			const answer = take(this.answers);
			if (!answer) return;
			return this.dispatch(type === 'hear' ? answer : { type: 'failed', flight: answer.flight });
		}
		const packet = take(this.requests);
		if (!packet) return;
		this.ghosts.push(packet);
		if (type === 'lose-request') this.answers.push({ type: 'failed', flight: packet.flight });
		else this.answers.push(this.write(packet, type === 'refuse'));
	}

	/** The network heals: everything that is on its way or due comes through. */
	drain() {
		for (let i = 0; this.requests.length + this.answers.length + this.timers.length > 0; i += 1) {
			expect(i).toBeLessThan(1_000);
			if (this.requests.length > 0) this.act({ type: 'deliver', pick: 0 });
			else this.act({ type: this.answers.length > 0 ? 'hear' : 'timer', pick: 0 });
		}
		expect(this.outbox.queue).toEqual([]);
	}
}

function acts(...types: Act['type'][]): fc.Arbitrary<Act[]> {
	return fc.array(fc.record({ type: fc.constantFrom(...types), pick: fc.nat() }), {
		maxLength: 100,
		size: 'max'
	});
}

test('lost requests, lost answers and doubled deliveries leave each signal in the mailbox once, in order', () => {
	fc.assert(
		fc.property(
			acts('queue', 'queue', 'deliver', 'double', 'lose-request', 'hear', 'lose-answer', 'timer'),
			(list) => {
				const world = new World();
				for (const act of list) world.act(act);
				world.drain();
				expect(world.log).toEqual(world.queuedBodies);
			}
		),
		{ numRuns: 2_000 }
	);
});

test('with refusals as well, what was not refused is in the mailbox once and in order', () => {
	fc.assert(
		fc.property(
			acts('queue', 'queue', 'deliver', 'lose-request', 'hear', 'lose-answer', 'timer', 'refuse'),
			(list) => {
				const world = new World();
				for (const act of list) world.act(act);
				world.drain();
				expect([...new Set(world.log)]).toEqual(world.log);
				expect([...world.log].sort()).toEqual(world.log);
				const missing = world.queuedBodies.filter((body) => !world.log.includes(body));
				for (const body of missing) expect(world.refusedBodies).toContain(body);
			}
		),
		{ numRuns: 2_000 }
	);
});
