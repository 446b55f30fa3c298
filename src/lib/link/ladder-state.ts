import type { OfferedRung } from '../call/core/rung';
import type { Step } from '../call/core/step';
import { retryWait, type Wait } from './backoff';
import type { Choice } from './choice';
import type { LinkStatus } from './link';
import { nextProbe, UNTRIED, type RungHealth } from './rung-health';

/** The rungs that push. The others ask. */
export type StreamRung = 'websocket' | 'sse';

export type Stream = {
	/** idle: not wanted just now; resting: to be tried again when its probe is due. */
	readonly at: 'idle' | 'resting' | 'opening' | 'standing';
	readonly stoodAt: number;
	readonly health: RungHealth;
	/** Why it does not stand. */
	readonly trouble: 'untried' | 'refused' | 'lost';
};

export type LongPolls = {
	/** They were cut off too often: short polls until the next probe. */
	readonly resting: boolean;
	/** Since when they carry us, or last failed. */
	readonly since: number;
	readonly health: RungHealth;
	/** One failed. Whether it or the whole network is to blame, the next poll tells: it does not wait. */
	readonly suspect: boolean;
};

/** All that the ladder knows. See `ladder.ts`. */
export type Ladder = {
	readonly phase: 'new' | 'registering' | 'reading' | 'over';
	/** Asking for a device: on its way, or due again after a failure. */
	readonly opening: 'in-flight' | 'scheduled';
	readonly openFailures: number;
	readonly choice: Choice;
	/** What the server offers. */
	readonly offered: readonly OfferedRung[];
	readonly websocket: Stream;
	readonly sse: Stream;
	/** The WebSocket has its go first: what is probably there within a second needs no detour. */
	readonly holdsSse: boolean;
	readonly poll: 'idle' | 'scheduled' | 'in-flight';
	/** The last poll was answered, and no stream has carried us since: the next may wait on the server. */
	readonly mayWait: boolean;
	/** The poll in flight waits there. */
	readonly waits: boolean;
	/** Polls in a row that came to nothing. */
	readonly pollFailures: number;
	/** The server has answered since we are on this network. */
	readonly answered: boolean;
	readonly longPolls: LongPolls;
	/** The standing stream skipped a signal: one poll is to fill the hole. */
	readonly hole: boolean;
	readonly hidden: boolean;
	readonly inCall: boolean;
	readonly offline: boolean;
	readonly signedOut: boolean;
	readonly status: LinkStatus;
};

export type LadderEvent =
	| { type: 'start' }
	| { type: 'device-opened'; offered: readonly OfferedRung[] }
	| { type: 'device-failed' }
	/** The server does not know our device any more. */
	| { type: 'device-forgotten' }
	| { type: 'open-due' }
	/** The stream's first item has come. */
	| { type: 'stream-stands'; rung: StreamRung }
	/** It did not come up, or fell over. `unauthorized`: the server does not take us for who we are. */
	| { type: 'stream-failed'; rung: StreamRung; unauthorized: boolean }
	| { type: 'probe-due'; rung: StreamRung | 'long-poll' }
	/** The WebSocket has had its go. */
	| { type: 'hold-over' }
	| { type: 'poll-due' }
	| {
			type: 'poll-answered';
			news: 'signals' | 'state' | 'none';
			/** Signals are known to exist that are not read yet. */
			hole: boolean;
			tookMs: number;
	  }
	| { type: 'poll-failed' }
	/** The stream brought a signal that is not the next one. */
	| { type: 'hole-seen' }
	| { type: 'choose'; choice: Choice }
	| { type: 'in-call'; on: boolean }
	| { type: 'online' }
	| { type: 'offline' }
	| { type: 'hidden' }
	/** The page came back from being hidden, frozen or asleep: timers may be long overdue. */
	| { type: 'woken' }
	| { type: 'signed-out' }
	| { type: 'stop' };

export type LadderEffect =
	| { type: 'open-device' }
	| { type: 'open-stream'; rung: StreamRung }
	| { type: 'close-stream'; rung: StreamRung }
	/** `wait`: the server may keep it until there is something to say. */
	| { type: 'poll'; wait: boolean }
	/** Aborts a poll in flight; its answer is not heard. */
	| { type: 'stop-poll' }
	/** Asks by HTTP whether the server still knows us, where no poll would. */
	| { type: 'check-device' }
	/** Each replaces the one of its kind set before it. */
	| ({ type: 'schedule-open' } & Wait)
	| ({ type: 'schedule-poll' } & Wait)
	| ({ type: 'schedule-hold' } & Wait)
	| ({ type: 'schedule-probe'; rung: StreamRung | 'long-poll' } & Wait)
	| { type: 'cancel-timers' }
	/** What belongs to the device ends with it: acks, sends, a request for one on its way. */
	| { type: 'drop-device' };

export type Next = Step<Ladder, LadderEffect>;

export const FIRST_POLL_WITHIN_MS = 500;

export const UNTRIED_STREAM: Stream = { at: 'idle', stoodAt: 0, health: UNTRIED, trouble: 'untried' };
export const UNTRIED_POLLS: Pick<
	Ladder,
	'poll' | 'mayWait' | 'waits' | 'pollFailures' | 'answered' | 'hole'
> = {
	poll: 'idle',
	mayWait: false,
	waits: false,
	pollFailures: 0,
	answered: false,
	hole: false
};

/** The stream that carries us, if one does. */
export function carrier(ladder: Ladder): StreamRung | null {
	if (ladder.websocket.at === 'standing') return 'websocket';
	return ladder.sse.at === 'standing' ? 'sse' : null;
}

/**
 * Nobody looks and nobody talks: a browser opens six HTTP/1.1 connections to a host, and a hidden tab must not
 * hold one for good.
 */
export function isInBackground({ choice, hidden, inCall, offered }: Ladder): boolean {
	return choice === null && hidden && !inCall && offered.includes('short-poll');
}

/** Whether this rung may carry us. A choice is tried whatever the server offers: it is to be seen that it fails. */
export function uses(ladder: Ladder, rung: OfferedRung): boolean {
	if (ladder.choice) return ladder.choice.rung === rung;
	if (!ladder.offered.includes(rung)) return false;
	return !(isInBackground(ladder) && (rung === 'sse' || rung === 'long-poll'));
}

export function polls(ladder: Ladder): boolean {
	return uses(ladder, 'long-poll') || uses(ladder, 'short-poll');
}

/** It is on its way, and the rungs below give it time. */
export function isWebSocketsTurn({ holdsSse, websocket }: Ladder): boolean {
	return holdsSse && websocket.at === 'opening';
}

/** How polls are made just now. Only for who polls. */
export function pollRung(ladder: Ladder): 'long-poll' | 'short-poll' {
	const long = uses(ladder, 'long-poll') && !(ladder.longPolls.resting && uses(ladder, 'short-poll'));
	return long ? 'long-poll' : 'short-poll';
}

/** When to try a stream again that did not come up or fell over. */
export function restOf(ladder: Ladder, { health }: Stream): Wait {
	if (polls(ladder)) return nextProbe(health);
	// Nobody reads meanwhile: it must not be left alone for longer than anything that must not stop.
	const failures = health.refusals + health.losses;
	return failures > 1 ? retryWait(failures - 1) : { afterMs: 0, withinMs: FIRST_POLL_WITHIN_MS };
}
