import { step } from '../call/core/step';
import { scheduleFirstPoll, poll } from './ladder-polls';
import {
	carrier,
	isWebSocketsTurn,
	polls,
	restOf,
	uses,
	type Ladder,
	type LadderEffect,
	type Next,
	type StreamRung
} from './ladder-state';
import { afterLoss, afterRefusal, isLeftAlone } from './rung-health';

/** A WebSocket that does not stand by then gets server-sent events beside it. */
export const WEBSOCKET_GOES_FIRST_MS = 2_000;
/** On a network where it has stood before, a server that has just come back is slow: more connections make it slower. */
export const WEBSOCKET_COMES_BACK_MS = 6_000;

export function openStream(ladder: Ladder, rung: StreamRung): Next {
	const opened: Ladder = { ...ladder, [rung]: { ...ladder[rung], at: 'opening' } };
	const effects: LadderEffect[] = [{ type: 'open-stream', rung }];
	if (rung === 'websocket' && ladder.holdsSse) {
		const afterMs = ladder.websocket.stoodAt > 0 ? WEBSOCKET_COMES_BACK_MS : WEBSOCKET_GOES_FIRST_MS;
		effects.push({ type: 'schedule-hold', afterMs, withinMs: 0 });
	}
	return step(opened, ...effects);
}

/** Server-sent events, as soon as there is reason for them. Looked at after every event. */
export function climbToSse(ladder: Ladder): Next {
	const { sse, holdsSse } = ladder;
	if (!uses(ladder, 'sse') || sse.at !== 'idle' || holdsSse || carrier(ladder)) return step(ladder);
	// A server that answers no poll would not answer this either.
	if (polls(ladder) && (!ladder.answered || ladder.pollFailures > 0)) return step(ladder);
	return openStream(ladder, 'sse');
}

/** A stream has rested. */
export function probe(ladder: Ladder, rung: StreamRung): Next {
	if (!uses(ladder, rung)) return step({ ...ladder, [rung]: { ...ladder[rung], at: 'idle' } });
	// The server is away: what does not even answer a poll would only be asked twice as often.
	if (polls(ladder) && ladder.pollFailures > 0) {
		return step(ladder, { type: 'schedule-probe', rung, ...restOf(ladder, ladder[rung]) });
	}
	return openStream(ladder, rung);
}

export function stands(ladder: Ladder, rung: StreamRung, now: number): Next {
	const stream = ladder[rung];
	if (stream.at === 'standing') return step(ladder);
	// One that was given up already must not stay half alive.
	if (stream.at !== 'opening') return step(ladder, { type: 'close-stream', rung });
	const standing: Ladder = {
		...ladder,
		[rung]: { ...stream, at: 'standing', stoodAt: now },
		poll: 'idle',
		hole: false,
		answered: true,
		mayWait: false,
		pollFailures: 0,
		longPolls: { ...ladder.longPolls, suspect: false }
	};
	const stopped: LadderEffect[] = polls(ladder) ? [{ type: 'stop-poll' }] : [];
	if (rung === 'sse' || ladder.sse.at === 'idle') return step(standing, ...stopped);
	const closed: LadderEffect[] = ladder.sse.at === 'resting' ? [] : [{ type: 'close-stream', rung: 'sse' }];
	return step({ ...standing, sse: { ...ladder.sse, at: 'idle' } }, ...stopped, ...closed);
}

export function failed(ladder: Ladder, rung: StreamRung, unauthorized: boolean, now: number): Next {
	const stream = ladder[rung];
	if (stream.at !== 'opening' && stream.at !== 'standing') return step(ladder);
	const stood = stream.at === 'standing';
	const health = stood ? afterLoss(stream.health, now - stream.stoodAt) : afterRefusal(stream.health);
	const resting = { ...stream, at: 'resting', health, trouble: stood ? 'lost' : 'refused' } as const;
	const holdsSse = rung === 'sse' ? ladder.holdsSse : stood && !isLeftAlone(health);
	const down: Ladder = { ...ladder, [rung]: resting, holdsSse, hole: stood ? false : ladder.hole };
	const leave: LadderEffect[] = [
		{ type: 'close-stream', rung },
		{ type: 'schedule-probe', rung, ...restOf(down, resting) }
	];
	if (unauthorized) {
		// Only HTTP can tell whether the session is over, or the socket came without its cookie: ask it now.
		if (!polls(down)) return step(down, ...leave, { type: 'check-device' });
		const asked = poll({ ...down, poll: 'idle' }, { wait: false });
		return step(asked.state, ...leave, { type: 'stop-poll' }, ...asked.effects);
	}
	if (!stood) {
		// The polls had given it time.
		if (!isWebSocketsTurn(ladder) || down.poll !== 'scheduled' || down.pollFailures > 0)
			return step(down, ...leave);
		const asked = poll(down);
		return step(asked.state, ...leave, ...asked.effects);
	}
	const next = scheduleFirstPoll(down);
	return step(next.state, ...leave, ...next.effects);
}

/** The server was away: what a stream met meanwhile says nothing against the stream. */
export function forgive(ladder: Ladder): Next {
	const { websocket, sse } = ladder;
	const forgiven = (stream: Ladder['sse']) =>
		({
			...stream,
			health: { ...stream.health, refusals: 0 },
			trouble: stream.trouble === 'refused' ? 'untried' : stream.trouble
		}) as const;
	const mayTry = (stream: Ladder['sse']) => stream.at === 'resting' && !isLeftAlone(stream.health);
	const next: Ladder = mayTry(sse) ? { ...ladder, sse: { ...forgiven(sse), at: 'idle' } } : ladder;
	if (!mayTry(websocket)) return step(next);
	// At once: the poll that was answered came at a time of its own, so nobody else does this just now.
	return openStream({ ...next, websocket: forgiven(websocket), holdsSse: true }, 'websocket');
}
