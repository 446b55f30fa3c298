import { expect, test } from 'vitest';
import { offeredRung, type OfferedRung } from '../call/core/rung';
import { pickMs, type Wait } from './backoff';
import { newLadder, transition } from './ladder';
import { carrier, type Ladder, type LadderEffect, type LadderEvent } from './ladder-state';

/** A thousand pages whose server goes away for a while: real ladders on a clock of their own, and a toy network. */
const CLIENTS = 1_000;
const ROUND_TRIP_MS = 20;
const WINDOW_MS = 100;

/** Uniform, and the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

class Herd {
	now = 0;
	up = true;
	/** When somebody asked the server for something while it was up. */
	arrivals: { at: number; client: number }[] = [];
	readonly ladders: Ladder[] = Array.from({ length: CLIENTS }, () => newLadder(0));
	/** What is due in which millisecond; an answer of the network is a timer too. One that was replaced is not run. */
	readonly #due = new Map<number, { client: number; name: string; event: LadderEvent; id: number }[]>();
	readonly #current = new Map<string, number>();
	readonly #random = createRandom(7);
	#ids = 0;

	constructor(readonly offered: readonly OfferedRung[]) {}

	all(event: LadderEvent) {
		for (let client = 0; client < CLIENTS; client += 1) this.#send(client, event);
	}

	/** Lets time pass until then, or until `done`. */
	runUntil(at: number, done: () => boolean = () => false) {
		for (; this.now <= at && !done(); this.now += 1) {
			for (let due = this.#due.get(this.now); due?.length; due = this.#due.get(this.now)) {
				this.#due.delete(this.now);
				for (const { client, name, event, id } of due) {
					if (this.#current.get(`${client} ${name}`) === id) this.#send(client, event);
				}
			}
		}
	}

	#send(client: number, event: LadderEvent) {
		const { state, effects } = transition(this.ladders[client]!, event, this.now);
		this.ladders[client] = state;
		for (const effect of effects) this.#run(client, effect);
	}

	#set(client: number, name: string, wait: Wait, event: LadderEvent) {
		const id = (this.#ids += 1);
		const at = this.now + pickMs(wait, this.#random());
		this.#current.set(`${client} ${name}`, id);
		this.#due.set(at, [...(this.#due.get(at) ?? []), { client, name, event, id }]);
	}

	#ask(client: number, name: string, yes: LadderEvent, no: LadderEvent, waitMs = 0) {
		if (this.up) this.arrivals.push({ at: this.now, client });
		const after = (ms: number) => ({ afterMs: ms, withinMs: 0 });
		this.#set(client, name, after(this.up ? waitMs + ROUND_TRIP_MS : 1), this.up ? yes : no);
	}

	#run(client: number, effect: LadderEffect) {
		switch (effect.type) {
			case 'open-device':
				return this.#set(
					client,
					'device',
					{ afterMs: 0, withinMs: 500 },
					{ type: 'device-opened', offered: this.offered }
				);
			case 'poll': {
				const answered = {
					type: 'poll-answered',
					news: 'state',
					hole: false,
					tookMs: ROUND_TRIP_MS
				} as const;
				// One that may wait does: nothing happens in these rooms.
				return this.#ask(client, 'answer', answered, { type: 'poll-failed' }, effect.wait ? 15_000 : 0);
			}
			case 'open-stream': {
				const { rung } = effect;
				return this.#ask(
					client,
					`${rung} answer`,
					{ type: 'stream-stands', rung },
					{ type: 'stream-failed', rung, unauthorized: false }
				);
			}
			case 'stop-poll':
				return void this.#current.delete(`${client} answer`);
			case 'close-stream':
				return void this.#current.delete(`${client} ${effect.rung} answer`);
			case 'schedule-poll':
				return this.#set(client, 'poll', effect, { type: 'poll-due' });
			case 'schedule-hold':
				return this.#set(client, 'hold', effect, { type: 'hold-over' });
			case 'schedule-probe':
				return this.#set(client, effect.rung, effect, { type: 'probe-due', rung: effect.rung });
			default:
				throw new Error(`not in this story: ${effect.type}`);
		}
	}
}

/** The most clients that came within any 100 ms. */
function busiest(arrivals: Herd['arrivals']): number {
	let first = 0;
	let most = 0;
	arrivals.forEach(({ at }, i) => {
		while ((arrivals[first]?.at ?? at) <= at - WINDOW_MS) first += 1;
		most = Math.max(most, new Set(arrivals.slice(first, i + 1).map(({ client }) => client)).size);
	});
	return most;
}

test.each([
	['websocket', 1_000],
	['websocket', 3_000],
	['websocket', 10_000],
	['websocket', 60_000],
	['sse', 1_000],
	['sse', 10_000]
] as const)(
	'%s: a server that was away for %i ms sees a thousand clients spread out, and all within 5 s',
	(rung, awayMs) => {
		const herd = new Herd(offeredRung.options.slice(offeredRung.options.indexOf(rung)));
		const standing = () => herd.ladders.every((ladder) => carrier(ladder) === rung);
		const reading = () => herd.ladders.every((ladder) => ladder.answered && ladder.pollFailures === 0);
		herd.all({ type: 'start' });
		herd.runUntil(2_000, standing);
		expect(standing()).toBe(true);

		herd.up = false;
		herd.all({ type: 'stream-failed', rung, unauthorized: false });
		herd.runUntil(herd.now + awayMs);
		herd.up = true;
		herd.arrivals = [];
		const backAt = herd.now;
		herd.runUntil(backAt + 20_000, reading);
		expect(herd.now - backAt).toBeLessThan(5_000);
		herd.runUntil(backAt + 20_000, standing);
		expect(herd.now - backAt).toBeLessThan(5_000);
		expect(busiest(herd.arrivals)).toBeLessThanOrEqual(CLIENTS / 10);
	}
);
