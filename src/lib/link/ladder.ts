import { offeredRung } from '../call/core/rung';
import { assertNever, step } from '../call/core/step';
import { retryWait } from './backoff';
import type { Choice } from './choice';
import { answered, poll, pollFailed, scheduleFirstPoll, tryLongPolls } from './ladder-polls';
import {
	carrier,
	isInBackground,
	polls,
	UNTRIED_POLLS,
	UNTRIED_STREAM,
	uses,
	type Ladder,
	type LadderEffect,
	type LadderEvent,
	type Next
} from './ladder-state';
import { climbToSse, failed, forgive, openStream, probe, stands } from './ladder-streams';
import { explain, rungOf } from './ladder-words';
import { isLeftAlone, UNTRIED } from './rung-health';

/**
 * Decides which rung of the ladder carries our signals: WebSocket, server-sent events, long poll, short poll.
 *
 *                device-opened              stream-stands
 *   registering ───────────────► polling ◄───────────────► streaming
 *        ▲                          │       stream-failed       │
 *        └──── device-forgotten ────┴───────────────────────────┘        any ── stop · signed-out ──► over
 *
 * Polling runs from the first moment and stops only while a stream stands, so somebody is always reading: a blocked
 * stream costs no wait, and one that falls over is replaced within a poll. Two readers at once do no harm: all
 * rungs move the same cursor.
 *
 *   WebSocket   opened beside the first poll, and given a moment before the next; probed for as long as something lower
 *               carries us
 *   SSE         opened beside the polls once the WebSocket is refused, or late; closed when the WebSocket stands
 *   long poll   what polls are; but for the first after a failure, which asks for an answer at once
 *   short poll  where long polls are cut off, and in hidden tabs outside a call
 *
 * A person's choice takes the others away. Pure: time comes with each event, and waits are ranges that the runner
 * picks from. The rungs' own rules are in `ladder-streams.ts` and `ladder-polls.ts`, how long a rung rests in
 * `rung-health.ts`.
 */
export function transition(ladder: Ladder, event: LadderEvent, now: number): Next {
	const next = handle(ladder, event, now);
	if (next.state === ladder) return next;
	const rung = rungOf(next.state);
	const why = explain(next.state);
	const { status } = ladder;
	if (status.rung === rung && status.why === why) return next;
	const since = status.rung === rung ? status.since : now;
	return step({ ...next.state, status: { rung, since, why } }, ...next.effects);
}

export function newLadder(now: number, choice: Choice = null): Ladder {
	return {
		phase: 'new',
		opening: 'in-flight',
		openFailures: 0,
		choice,
		offered: offeredRung.options,
		websocket: UNTRIED_STREAM,
		sse: UNTRIED_STREAM,
		holdsSse: false,
		...UNTRIED_POLLS,
		longPolls: { resting: false, since: now, health: UNTRIED, suspect: false },
		hidden: false,
		inCall: false,
		offline: false,
		signedOut: false,
		status: { rung: 'none', since: now, why: 'Not started yet.' }
	};
}

function handle(ladder: Ladder, event: LadderEvent, now: number): Next {
	switch (event.type) {
		case 'start':
			return ladder.phase === 'new' ? register(ladder) : step(ladder);
		case 'signed-out':
		case 'stop': {
			if (ladder.phase === 'over') return step(ladder);
			const over: Ladder = { ...ladder, ...NOTHING_READS, phase: 'over' };
			return step({ ...over, signedOut: event.type === 'signed-out' }, ...dropped);
		}
		case 'offline':
			return step({ ...ladder, offline: true });
		case 'online':
			return settle({ ...ladder, offline: false }, event, now);
		case 'hidden':
			return settle({ ...ladder, hidden: true }, event, now, ladder);
		case 'woken':
			return settle({ ...ladder, hidden: false }, event, now, ladder);
		case 'in-call':
			return settle({ ...ladder, inCall: event.on }, event, now, ladder);
		case 'choose':
			return settle({ ...ladder, choice: event.choice }, event, now);
		default:
			return settle(ladder, event, now);
	}
}

/** @param before what counted until now, where the page's own condition changes */
function settle(ladder: Ladder, event: LadderEvent, now: number, before = ladder): Next {
	if (ladder.phase === 'registering') return handleRegistering(ladder, event, now);
	if (ladder.phase !== 'reading') return step(ladder);
	const moved = moveWithPage(ladder, before);
	const next = handleReading(moved.state, event, now);
	if (next.state.phase !== 'reading') return step(next.state, ...moved.effects, ...next.effects);
	const climbed = climbToSse(next.state);
	return step(climbed.state, ...moved.effects, ...next.effects, ...climbed.effects);
}

const NOTHING_READS = { ...UNTRIED_POLLS, websocket: UNTRIED_STREAM, sse: UNTRIED_STREAM };
const quiet: readonly LadderEffect[] = [
	{ type: 'cancel-timers' },
	{ type: 'stop-poll' },
	{ type: 'close-stream', rung: 'websocket' },
	{ type: 'close-stream', rung: 'sse' }
];
const dropped: readonly LadderEffect[] = [...quiet, { type: 'drop-device' }];

function register(ladder: Ladder): Next {
	return step({ ...ladder, phase: 'registering', opening: 'in-flight' }, { type: 'open-device' });
}

function handleRegistering(ladder: Ladder, event: LadderEvent, now: number): Next {
	switch (event.type) {
		case 'device-opened':
			if (ladder.opening !== 'in-flight') return step(ladder);
			return beginReading({ ...ladder, phase: 'reading', openFailures: 0, offered: event.offered }, now);
		case 'device-failed': {
			if (ladder.opening !== 'in-flight') return step(ladder);
			const openFailures = ladder.openFailures + 1;
			return step(
				{ ...ladder, opening: 'scheduled', openFailures },
				{ type: 'schedule-open', ...retryWait(openFailures) }
			);
		}
		case 'open-due':
		case 'online':
		case 'woken':
			return ladder.opening === 'scheduled' ? register(ladder) : step(ladder);
		default:
			return step(ladder); // of a device that is gone, or of none yet
	}
}

/** From the foot of the ladder: nothing is known of any rung on this network. */
function beginReading(ladder: Ladder, now: number): Next {
	const fresh: Ladder = {
		...ladder,
		...NOTHING_READS,
		holdsSse: uses(ladder, 'websocket'),
		longPolls: { resting: false, since: now, health: UNTRIED, suspect: false }
	};
	const asked = polls(fresh) ? poll(fresh) : step<Ladder, LadderEffect>(fresh);
	const opened = uses(fresh, 'websocket') ? openStream(asked.state, 'websocket') : climbToSse(asked.state);
	return step(opened.state, ...asked.effects, ...opened.effects);
}

function handleReading(ladder: Ladder, event: LadderEvent, now: number): Next {
	switch (event.type) {
		case 'device-forgotten': {
			const next = register({ ...ladder, ...NOTHING_READS });
			return step(next.state, ...dropped, ...next.effects);
		}
		case 'stream-stands':
			return stands(ladder, event.rung, now);
		case 'stream-failed':
			return failed(ladder, event.rung, event.unauthorized, now);
		case 'hold-over':
			return step({ ...ladder, holdsSse: false });
		case 'probe-due':
			if (event.rung === 'long-poll') return tryLongPolls(ladder, now);
			if (ladder[event.rung].at !== 'resting') return step(ladder);
			return probe(ladder, event.rung);
		case 'poll-due':
			return ladder.poll === 'scheduled' ? poll(ladder) : step(ladder);
		case 'poll-answered': {
			if (ladder.poll !== 'in-flight') return step(ladder);
			if (ladder.pollFailures === 0 || ladder.longPolls.suspect || carrier(ladder)) {
				return answered(ladder, event, now);
			}
			const forgiven = forgive(ladder);
			const next = answered(forgiven.state, event, now);
			return step(next.state, ...forgiven.effects, ...next.effects);
		}
		case 'poll-failed':
			return ladder.poll === 'in-flight' ? pollFailed(ladder) : step(ladder);
		case 'hole-seen': {
			const stream = carrier(ladder);
			// A poll in flight may fill it. When it does not, its answer says so.
			if (!stream || ladder.poll !== 'idle') return step(ladder);
			return polls(ladder) ? poll({ ...ladder, hole: true }) : failed(ladder, stream, false, now);
		}
		case 'online':
			// Another network: sockets and requests of the old one are dead and do not know it.
			return anew(ladder, now);
		case 'choose':
			return anew(ladder, now);
		case 'woken': {
			const asked = ladder.poll === 'scheduled' ? poll(ladder) : step<Ladder, LadderEffect>(ladder);
			const { at, health } = asked.state.websocket;
			if (at !== 'resting' || isLeftAlone(health)) return asked;
			const opened = openStream(asked.state, 'websocket');
			return step(opened.state, ...asked.effects, ...opened.effects);
		}
		case 'start':
		case 'stop':
		case 'signed-out':
		case 'offline':
		case 'hidden':
		case 'in-call':
		case 'device-opened':
		case 'device-failed':
		case 'open-due':
			return step(ladder);
		default:
			return assertNever(event);
	}
}

function anew(ladder: Ladder, now: number): Next {
	const next = beginReading(ladder, now);
	return step(next.state, ...quiet, ...next.effects);
}

/** Out of sight and back: what a hidden tab must not hold is given up for short polls. */
function moveWithPage(ladder: Ladder, before: Ladder): Next {
	const was = isInBackground(before);
	const is = isInBackground(ladder);
	if (was === is) return step(ladder);
	if (was) return ladder.poll === 'scheduled' ? poll(ladder) : step(ladder);
	const effects: LadderEffect[] = [];
	let next = ladder;
	if (next.sse.at === 'opening' || next.sse.at === 'standing') {
		effects.push({ type: 'close-stream', rung: 'sse' });
		next = { ...next, sse: { ...next.sse, at: 'idle' } };
	}
	if (next.poll === 'in-flight' && next.waits) {
		effects.push({ type: 'stop-poll' });
		next = { ...next, poll: 'idle' };
	}
	const asked =
		next.poll === 'idle' && !carrier(next) ? scheduleFirstPoll(next) : step<Ladder, LadderEffect>(next);
	return step(asked.state, ...effects, ...asked.effects);
}
