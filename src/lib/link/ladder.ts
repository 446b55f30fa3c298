import { assertNever, step, type Step } from '../call/core/step';
import { jitteredWait, RETRY_CAP_MS, type Wait } from './backoff';
import { explain, rungOf } from './ladder-words';
import type { LinkStatus } from './link';
import { afterLoss, afterRefusal, isLeftAlone, nextProbe, UNTRIED, type RungHealth } from './rung-health';

/**
 * Decides which rung of the ladder carries our signals.
 *
 *                device-opened              stream-stands
 *   registering ───────────────► polling ◄───────────────► streaming
 *        ▲                          │       stream-failed       │
 *        └──── device-forgotten ────┴───────────────────────────┘        any ── stop · signed-out ──► over
 *
 * Polling runs from the first moment and stops only while a stream stands, so somebody is always reading:
 * a blocked WebSocket costs no wait, and one that falls over is replaced within a poll. Two readers at once do
 * no harm: both move the same cursor.
 *
 * Pure: time comes with each event, and waits are ranges that the runner picks from. A further rung (SSE) adds a
 * `RungHealth` of its own and a place in the order of tries; the short poll is a poll with another rest.
 */
export type Ladder = {
	readonly phase: 'new' | 'registering' | 'reading' | 'over';
	/** Asking for a device: on its way, or due again after a failure. */
	readonly opening: 'in-flight' | 'scheduled';
	readonly openFailures: number;
	readonly stream: 'waiting' | 'opening' | 'standing';
	readonly stoodAt: number;
	readonly health: RungHealth;
	/** Why the stream does not stand. */
	readonly trouble: 'untried' | 'refused' | 'lost';
	readonly poll: 'idle' | 'scheduled' | 'in-flight';
	readonly pollFailures: number;
	/** The server answered lately: a poll may wait there. Until then each asks for an answer at once. */
	readonly reached: boolean;
	/** The standing stream skipped a signal: one poll is to fill the hole. */
	readonly hole: boolean;
	readonly offline: boolean;
	readonly signedOut: boolean;
	readonly status: LinkStatus;
};

export type LadderEvent =
	| { type: 'start' }
	| { type: 'device-opened' }
	| { type: 'device-failed' }
	/** The server does not know our device any more. */
	| { type: 'device-forgotten' }
	| { type: 'open-due' }
	/** The stream's first item has come. */
	| { type: 'stream-stands' }
	/** It did not come up, or fell over. `unauthorized`: the server does not take us for who we are. */
	| { type: 'stream-failed'; unauthorized: boolean }
	| { type: 'probe-due' }
	| { type: 'poll-due' }
	| {
			type: 'poll-answered';
			news: 'signals' | 'state' | 'none';
			/** Signals are known to exist that are not read yet. */
			hole: boolean;
			waited: boolean;
			tookMs: number;
	  }
	| { type: 'poll-failed' }
	/** The stream brought a signal that is not the next one. */
	| { type: 'hole-seen' }
	| { type: 'online' }
	| { type: 'offline' }
	/** The page came back from being hidden, frozen or asleep: timers may be long overdue. */
	| { type: 'woken' }
	| { type: 'signed-out' }
	| { type: 'stop' };

export type LadderEffect =
	| { type: 'open-device' }
	| { type: 'open-stream' }
	| { type: 'close-stream' }
	/** `wait`: the server may keep it until there is something to say. */
	| { type: 'poll'; wait: boolean }
	/** Aborts a poll in flight; its answer is not heard. */
	| { type: 'stop-poll' }
	/** Each replaces the one set before it. */
	| ({ type: 'schedule-open' } & Wait)
	| ({ type: 'schedule-poll' } & Wait)
	| ({ type: 'schedule-probe' } & Wait)
	| { type: 'cancel-timers' }
	/** What belongs to the device ends with it: acks, sends, a request for one on its way. */
	| { type: 'drop-device' };

export const FIRST_POLL_WITHIN_MS = 500;
const PROBE_AFTER_RECOVERY_WITHIN_MS = 1_000;
/** Polls that bring nothing but state begin at most this often. */
const STATE_POLL_SPACING_MS = 100;
/** A poll that was to wait and did not (a server that drains): do not ask in a tight loop. */
const EMPTY_POLL_SPACING_MS = 1_000;

type Next = Step<Ladder, LadderEffect>;

export function newLadder(now: number): Ladder {
	return {
		phase: 'new',
		opening: 'in-flight',
		openFailures: 0,
		stream: 'waiting',
		stoodAt: 0,
		health: UNTRIED,
		trouble: 'untried',
		poll: 'idle',
		pollFailures: 0,
		reached: false,
		hole: false,
		offline: false,
		signedOut: false,
		status: { rung: 'none', since: now, why: 'Not started yet.' }
	};
}

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

function handle(ladder: Ladder, event: LadderEvent, now: number): Next {
	switch (event.type) {
		case 'start':
			if (ladder.phase !== 'new') return step(ladder);
			return register(ladder);
		case 'signed-out':
		case 'stop': {
			if (ladder.phase === 'over') return step(ladder);
			const over: Ladder = { ...ladder, phase: 'over', stream: 'waiting', poll: 'idle', hole: false };
			const signedOut = event.type === 'signed-out';
			return step({ ...over, signedOut }, ...dropped);
		}
		case 'offline':
			return step({ ...ladder, offline: true });
		case 'device-opened':
		case 'device-failed':
		case 'open-due':
			return ladder.phase === 'registering' ? handleRegistering(ladder, event) : step(ladder);
		case 'online': {
			const online: Ladder = { ...ladder, offline: false };
			if (ladder.phase === 'registering') return handleRegistering(online, event);
			return ladder.phase === 'reading' ? handleReading(online, event, now) : step(online);
		}
		case 'woken':
			if (ladder.phase === 'registering') return handleRegistering(ladder, event);
			return ladder.phase === 'reading' ? handleReading(ladder, event, now) : step(ladder);
		case 'device-forgotten':
		case 'stream-stands':
		case 'stream-failed':
		case 'probe-due':
		case 'poll-due':
		case 'poll-answered':
		case 'poll-failed':
		case 'hole-seen':
			return ladder.phase === 'reading' ? handleReading(ladder, event, now) : step(ladder);
		default:
			return assertNever(event);
	}
}

/** Nothing reads any more. */
const quiet: readonly LadderEffect[] = [{ type: 'stop-poll' }, { type: 'close-stream' }];
const dropped: readonly LadderEffect[] = [{ type: 'cancel-timers' }, ...quiet, { type: 'drop-device' }];

function register(ladder: Ladder): Next {
	return step({ ...ladder, phase: 'registering', opening: 'in-flight' }, { type: 'open-device' });
}

type RegisteringEvent = Extract<
	LadderEvent,
	{ type: 'device-opened' | 'device-failed' | 'open-due' | 'online' | 'woken' }
>;

function handleRegistering(ladder: Ladder, event: RegisteringEvent): Next {
	switch (event.type) {
		case 'device-opened':
			if (ladder.opening !== 'in-flight') return step(ladder);
			return step(
				{
					...ladder,
					phase: 'reading',
					openFailures: 0,
					pollFailures: 0,
					poll: 'in-flight',
					stream: 'opening',
					reached: false
				},
				{ type: 'poll', wait: false },
				{ type: 'open-stream' }
			);
		case 'device-failed': {
			if (ladder.opening !== 'in-flight') return step(ladder);
			const openFailures = ladder.openFailures + 1;
			return step(
				{ ...ladder, opening: 'scheduled', openFailures },
				{ type: 'schedule-open', ...jitteredWait(openFailures, FIRST_POLL_WITHIN_MS, RETRY_CAP_MS) }
			);
		}
		case 'open-due':
		case 'online':
		case 'woken':
			return ladder.opening === 'scheduled' ? register(ladder) : step(ladder);
		default:
			return assertNever(event);
	}
}

type ReadingEvent = Exclude<
	LadderEvent,
	{
		type: 'start' | 'stop' | 'signed-out' | 'offline' | 'device-opened' | 'device-failed' | 'open-due';
	}
>;

function handleReading(ladder: Ladder, event: ReadingEvent, now: number): Next {
	switch (event.type) {
		case 'device-forgotten': {
			const gone: Ladder = { ...ladder, stream: 'waiting', poll: 'idle', hole: false, reached: false };
			const next = register(gone);
			return step(next.state, ...dropped, ...next.effects);
		}
		case 'stream-stands':
			// One that was given up already must not stay half alive.
			if (ladder.stream === 'waiting') return step(ladder, { type: 'close-stream' });
			if (ladder.stream === 'standing') return step(ladder);
			return step(
				{
					...ladder,
					stream: 'standing',
					stoodAt: now,
					poll: 'idle',
					hole: false,
					reached: true,
					pollFailures: 0
				},
				{ type: 'stop-poll' }
			);
		case 'stream-failed':
			return handleStreamFailed(ladder, event.unauthorized, now);
		case 'probe-due':
			if (ladder.stream !== 'waiting') return step(ladder);
			return step({ ...ladder, stream: 'opening' }, { type: 'open-stream' });
		case 'poll-due':
			return ladder.poll === 'scheduled' ? poll(ladder) : step(ladder);
		case 'poll-answered':
			return ladder.poll === 'in-flight' ? handleAnswer(ladder, event) : step(ladder);
		case 'poll-failed': {
			if (ladder.poll !== 'in-flight') return step(ladder);
			const pollFailures = ladder.pollFailures + 1;
			// Without waiting until it answers again, so that we learn at once when it does.
			const reached = ladder.stream === 'standing';
			return step(
				{ ...ladder, poll: 'scheduled', pollFailures, reached },
				{ type: 'schedule-poll', ...jitteredWait(pollFailures, FIRST_POLL_WITHIN_MS, RETRY_CAP_MS) }
			);
		}
		case 'hole-seen':
			// A poll in flight may fill it. When it does not, its answer says so.
			if (ladder.stream !== 'standing' || ladder.poll !== 'idle') return step(ladder);
			return poll({ ...ladder, hole: true });
		case 'online':
			// Another network: sockets and requests of the old one are dead and do not know it.
			return step(
				{ ...ladder, poll: 'in-flight', stream: 'opening', health: UNTRIED, hole: false, reached: false },
				...quiet,
				{ type: 'poll', wait: false },
				{ type: 'open-stream' }
			);
		case 'woken': {
			const asked = ladder.poll === 'scheduled' ? poll(ladder) : step<Ladder, LadderEffect>(ladder);
			if (ladder.stream !== 'waiting' || isLeftAlone(ladder.health)) return asked;
			return step({ ...asked.state, stream: 'opening' }, ...asked.effects, { type: 'open-stream' });
		}
		default:
			return assertNever(event);
	}
}

function poll(ladder: Ladder): Next {
	const wait = ladder.stream !== 'standing' && ladder.reached;
	return step({ ...ladder, poll: 'in-flight' }, { type: 'poll', wait });
}

function handleStreamFailed(ladder: Ladder, unauthorized: boolean, now: number): Next {
	if (ladder.stream === 'waiting') return step(ladder);
	const stood = ladder.stream === 'standing';
	const health = stood ? afterLoss(ladder.health, now - ladder.stoodAt) : afterRefusal(ladder.health);
	const down: Ladder = {
		...ladder,
		stream: 'waiting',
		hole: false,
		health,
		trouble: stood ? 'lost' : 'refused'
	};
	const leave: LadderEffect[] = [{ type: 'close-stream' }, { type: 'schedule-probe', ...nextProbe(health) }];
	if (unauthorized) {
		// Only HTTP can tell whether the session is over, or the socket came without its cookie: ask it now.
		return step(
			{ ...down, poll: 'in-flight' },
			...leave,
			{ type: 'stop-poll' },
			{ type: 'poll', wait: false }
		);
	}
	if (ladder.poll === 'in-flight') return step(down, ...leave);
	if (!stood) return step(down, ...leave);
	// Spread out: a server that restarts loses everybody's stream in the same instant.
	return step({ ...down, poll: 'scheduled' }, ...leave, {
		type: 'schedule-poll',
		afterMs: 0,
		withinMs: FIRST_POLL_WITHIN_MS
	});
}

function handleAnswer(ladder: Ladder, event: Extract<LadderEvent, { type: 'poll-answered' }>): Next {
	const answered: Ladder = { ...ladder, pollFailures: 0, reached: true };
	const restMs = restAfter(event);
	if (ladder.stream === 'standing') {
		if (!event.hole) return step({ ...answered, poll: 'idle', hole: false });
		return step({ ...answered, poll: 'scheduled' }, { type: 'schedule-poll', afterMs: restMs, withinMs: 0 });
	}
	const next: Next =
		restMs === 0
			? poll(answered)
			: step({ ...answered, poll: 'scheduled' }, { type: 'schedule-poll', afterMs: restMs, withinMs: 0 });
	const recovered = ladder.pollFailures > 0 && ladder.stream === 'waiting' && !isLeftAlone(ladder.health);
	if (!recovered) return next;
	// The whole server was away: what the stream met meanwhile says nothing against the stream.
	const trouble = ladder.trouble === 'refused' ? 'untried' : ladder.trouble;
	return step({ ...next.state, health: { ...ladder.health, refusals: 0 }, trouble }, ...next.effects, {
		type: 'schedule-probe',
		afterMs: 0,
		withinMs: PROBE_AFTER_RECOVERY_WITHIN_MS
	});
}

function restAfter(event: Extract<LadderEvent, { type: 'poll-answered' }>): number {
	if (event.news === 'signals') return 0;
	const spacingMs =
		event.hole || (event.waited && event.news === 'none') ? EMPTY_POLL_SPACING_MS : STATE_POLL_SPACING_MS;
	return Math.max(0, spacingMs - event.tookMs);
}
