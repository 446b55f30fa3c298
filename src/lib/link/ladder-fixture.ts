import { offeredRung } from '../call/core/rung';
import type { Choice } from './choice';
import { newLadder, transition } from './ladder';
import type { Ladder, LadderEvent } from './ladder-state';

// Events and places of the ladder that its tests begin from.

export const offered = offeredRung.options;
export const opened: LadderEvent = { type: 'device-opened', offered };
export const stands = (rung: 'websocket' | 'sse'): LadderEvent => ({ type: 'stream-stands', rung });
export const failed = (rung: 'websocket' | 'sse', unauthorized = false): LadderEvent => ({
	type: 'stream-failed',
	rung,
	unauthorized
});
export const due = (rung: 'websocket' | 'sse' | 'long-poll'): LadderEvent => ({ type: 'probe-due', rung });
export const answered: LadderEvent = { type: 'poll-answered', news: 'state', hole: false, tookMs: 5 };
export const idleAnswer: LadderEvent = { type: 'poll-answered', news: 'none', hole: false, tookMs: 15_000 };
export const pollDue: LadderEvent = { type: 'poll-due' };
export const pollFailed: LadderEvent = { type: 'poll-failed' };

export function run(from: Ladder, ...events: LadderEvent[]): Ladder {
	return events.reduce((ladder, event) => transition(ladder, event, 0).state, from);
}
export function reading(choice: Choice = null, rungs = offered): Ladder {
	return run(newLadder(0, choice), { type: 'start' }, { type: 'device-opened', offered: rungs });
}

export const registering = run(newLadder(0), { type: 'start' });
export const begun = reading();
export const polling = run(begun, answered);
/** The WebSocket refused, server-sent events being opened. */
export const refused = run(polling, failed('websocket'));
export const overSse = run(refused, stands('sse'));
export const standing = run(polling, stands('websocket'));
/** Both streams refused: the second poll waits on the server. */
export const longPolling = run(refused, failed('sse'), pollDue);
export const cutOnce = run(longPolling, pollFailed, pollDue, answered);
export const shortPolling = run(cutOnce, pollFailed, pollDue, answered);
export const hidden = run(overSse, { type: 'hidden' });
export const held = (rung: NonNullable<Choice>['rung']) => reading({ rung, by: 'settings' });
