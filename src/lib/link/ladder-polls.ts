import { step } from '../call/core/step';
import { retryWait, type Wait } from './backoff';
import {
	carrier,
	FIRST_POLL_WITHIN_MS,
	isWebSocketsTurn,
	pollRung,
	polls,
	type Ladder,
	type LadderEvent,
	type Next
} from './ladder-state';
import { afterLoss, isLeftAlone, nextProbe } from './rung-health';

export const SHORT_POLL_INTERVAL_MS = 1_500;
/** Long polls that bring nothing but state begin at most this often. */
const STATE_POLL_SPACING_MS = 100;
/** A poll that was to wait and did not (a server that drains): do not ask in a tight loop. */
const EMPTY_POLL_SPACING_MS = 1_000;

/** The server answers, and a WebSocket that will probably stand in a moment needs no long poll beside it. */
const WEBSOCKET_HEAD_START_MS = 1_000;
/** One that has stood on this network before will again: it is the server that is slow, with everybody coming back. */
const WEBSOCKET_RETURN_MS = 3_000;

type Answer = Extract<LadderEvent, { type: 'poll-answered' }>;

/** Asks now. Whether the server may keep the poll follows from what we know, unless it is to answer at once. */
export function poll(ladder: Ladder, { wait } = { wait: true }): Next {
	const waits = wait && ladder.mayWait && pollRung(ladder) === 'long-poll';
	return step({ ...ladder, poll: 'in-flight', waits }, { type: 'poll', wait: waits });
}

/** After whatever carried us is gone. Spread out: a server that restarts loses everybody in the same instant. */
export function scheduleFirstPoll(ladder: Ladder): Next {
	if (!polls(ladder) || ladder.poll === 'in-flight') return step(ladder);
	return soon(ladder);
}

const soon = (ladder: Ladder) => schedule(ladder, { afterMs: 0, withinMs: FIRST_POLL_WITHIN_MS });

function schedule(ladder: Ladder, wait: Wait): Next {
	return step({ ...ladder, poll: 'scheduled' }, { type: 'schedule-poll', ...wait });
}

const after = (ms: number): Wait => ({ afterMs: ms, withinMs: 0 });

export function pollFailed(ladder: Ladder): Next {
	const pollFailures = ladder.pollFailures + 1;
	const longPolls = { ...ladder.longPolls, suspect: ladder.waits };
	const failed: Ladder = { ...ladder, pollFailures, mayWait: false, longPolls };
	// The next one does not wait, so that we learn at once whether the server is there. A long poll that is cut off is a
	// stream that is lost: nothing is known of the server yet.
	return longPolls.suspect ? soon(failed) : schedule(failed, retryWait(pollFailures));
}

export function answered(ladder: Ladder, event: Answer, now: number): Next {
	const heard: Ladder = { ...ladder, pollFailures: 0, answered: true, mayWait: !carrier(ladder) };
	if (carrier(ladder)) {
		if (!event.hole) return step({ ...heard, poll: 'idle', hole: false });
		return schedule(heard, after(restAfter(event, ladder.waits)));
	}
	if (ladder.longPolls.suspect) return blameLongPoll(heard, now);
	const proven = ladder.waits && ladder.longPolls.resting;
	const judged: Ladder = proven ? { ...heard, longPolls: { ...heard.longPolls, resting: false } } : heard;
	if (pollRung(judged) === 'short-poll' && !(event.hole && event.news === 'signals')) {
		return schedule(judged, after(Math.max(0, SHORT_POLL_INTERVAL_MS - event.tookMs)));
	}
	const restMs = Math.max(headStart(judged, event), restAfter(event, ladder.waits));
	return restMs === 0 ? poll(judged) : schedule(judged, after(restMs));
}

function headStart(ladder: Ladder, { news, hole }: Answer): number {
	if (!isWebSocketsTurn(ladder) || news === 'signals' || hole) return 0;
	return ladder.websocket.stoodAt > 0 ? WEBSOCKET_RETURN_MS : WEBSOCKET_HEAD_START_MS;
}

/** A poll that waited failed, and the next, which did not, was answered: something on the way cuts long polls off. */
function blameLongPoll(ladder: Ladder, now: number): Next {
	const health = afterLoss(ladder.longPolls.health, now - ladder.longPolls.since);
	const resting = isLeftAlone(health);
	const blamed: Ladder = { ...ladder, longPolls: { resting, since: now, health, suspect: false } };
	if (!resting) return poll(blamed);
	if (pollRung(blamed) === 'long-poll') return schedule(blamed, retryWait(health.losses - 1));
	const next = schedule(blamed, after(SHORT_POLL_INTERVAL_MS));
	return step(next.state, ...next.effects, {
		type: 'schedule-probe',
		rung: 'long-poll',
		...nextProbe(health)
	});
}

/** Long polls have rested: the next poll may wait again, and one more failure sends them back. */
export function tryLongPolls(ladder: Ladder, now: number): Next {
	if (!ladder.longPolls.resting) return step(ladder);
	return step({ ...ladder, longPolls: { ...ladder.longPolls, resting: false, since: now } });
}

function restAfter({ news, hole, tookMs }: Answer, waited: boolean): number {
	if (news === 'signals') return 0;
	const spacingMs = hole || (waited && news === 'none') ? EMPTY_POLL_SPACING_MS : STATE_POLL_SPACING_MS;
	return Math.max(0, spacingMs - tookMs);
}
