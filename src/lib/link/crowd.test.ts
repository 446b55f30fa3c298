import { describe, expect, test } from 'vitest';
import { assertNever } from '../call/core/step';
import { pickMs } from './backoff';
import { opened, stands, failed } from './ladder-fixture';
import { newLadder, transition } from './ladder';
import type { LadderEffect, LadderEvent } from './ladder-state';

const CROWD = 1_000;
const WINDOW_MS = 100;
/** On a network, and on a server that has just begun. */
const ANSWER_MS = 20;

/** The same numbers in each run, from 0 up to, not including, 1. */
function numbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/**
 * A thousand clients with a WebSocket each, whose server dies at 0 and is back `awayMs` later, on a clock of our own.
 *
 * @returns when each of them first reached it again, and when their sockets did
 */
function crash(awayMs: number, seed: number): { came: number[]; climbed: number[] } {
	const random = numbers(seed);
	const came: number[] = [];
	const climbed: number[] = [];
	/** What happens in each millisecond. */
	const due = new Map<number, (() => void)[]>();
	const after = (at: number, run: () => void) => void due.set(at, [...(due.get(at) ?? []), run]);

	for (let n = 0; n < CROWD; n += 1) {
		let ladder = newLadder(-60_000);
		const timers = new Map<string, object>();
		let first: number | null = null;
		const reach = (at: number) => {
			if (at < awayMs) return false;
			if (first === null) came.push((first = at));
			return true;
		};
		function schedule(
			now: number,
			name: string,
			wait: { afterMs: number; withinMs: number },
			event: LadderEvent
		) {
			const timer = {};
			timers.set(name, timer);
			const at = now + pickMs(wait, random());
			after(at, () => timers.get(name) === timer && dispatch(event, at));
		}
		function perform(effect: LadderEffect, now: number): void {
			switch (effect.type) {
				case 'poll': {
					const there = reach(now);
					const tookMs = there ? ANSWER_MS : 1;
					const answer: LadderEvent = { type: 'poll-answered', news: 'state', hole: false, tookMs };
					return void after(now + tookMs, () =>
						dispatch(there ? answer : { type: 'poll-failed' }, now + tookMs)
					);
				}
				case 'open-stream': {
					const there = reach(now);
					if (there && effect.rung === 'websocket') climbed.push(now);
					const at = now + (there ? ANSWER_MS : 1);
					return void after(at, () => dispatch(there ? stands(effect.rung) : failed(effect.rung), at));
				}
				case 'schedule-open':
					return schedule(now, 'open', effect, { type: 'open-due' });
				case 'schedule-poll':
					return schedule(now, 'poll', effect, { type: 'poll-due' });
				case 'schedule-hold':
					return schedule(now, 'hold', effect, { type: 'hold-over' });
				case 'schedule-probe':
					return schedule(now, effect.rung, effect, { type: 'probe-due', rung: effect.rung });
				case 'cancel-timers':
					return timers.clear();
				case 'open-device':
				case 'close-stream':
				case 'stop-poll':
				case 'check-device':
				case 'drop-device':
					return;
				default:
					assertNever(effect);
			}
		}
		function dispatch(event: LadderEvent, now: number): void {
			const { state, effects } = transition(ladder, event, now);
			ladder = state;
			if (now >= 0) for (const effect of effects) perform(effect, now);
		}
		for (const event of [{ type: 'start' }, opened, stands('websocket')] as const) dispatch(event, -60_000);
		after(0, () => dispatch(failed('websocket'), 0));
	}

	for (let now = 0; climbed.length < CROWD; now += 1) {
		for (let at = due.get(now); at; at = due.get(now)) {
			due.delete(now);
			for (const run of at) run();
		}
	}
	return { came, climbed };
}

/** The most that any window has seen. */
function fullestWindow(times: readonly number[]): number {
	const sorted = [...times].sort((a, b) => a - b);
	let from = 0;
	let most = 0;
	for (const [at, time] of sorted.entries()) {
		while ((sorted[from] ?? 0) <= time - WINDOW_MS) from += 1;
		most = Math.max(most, at - from + 1);
	}
	return most;
}

describe('a thousand clients whose server died', () => {
	test.each([1, 1.5, 2, 3, 5, 10, 30])('and is back after %f s: spread, and soon', (awaySeconds) => {
		const { came, climbed } = crash(awaySeconds * 1_000, awaySeconds);
		expect(came).toHaveLength(CROWD);
		expect(fullestWindow(came)).toBeLessThanOrEqual(CROWD / 10);
		expect(Math.max(...came) - awaySeconds * 1_000).toBeLessThan(5_000);
		expect(fullestWindow(climbed)).toBeLessThanOrEqual(CROWD / 10);
	});

	// Who has lost a stream asks within half a second: most often nothing but the stream is gone. A fifth in 100 ms, and chance.
	test.each([0, 0.1, 0.3, 0.4])(
		'and is back after %f s already: spread over half a second',
		(awaySeconds) => {
			const { came, climbed } = crash(awaySeconds * 1_000, awaySeconds);
			expect(came).toHaveLength(CROWD);
			expect(fullestWindow(came)).toBeLessThanOrEqual(CROWD * 0.3);
			expect(Math.max(...came) - awaySeconds * 1_000).toBeLessThan(5_000);
			expect(fullestWindow(climbed)).toBeLessThanOrEqual(CROWD * 0.3);
		}
	);
});
