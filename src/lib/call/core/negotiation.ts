import type { Candidate, CandidateOrEnd, Description } from './signal-body';
import { MAX_CANDIDATES_PER_SIGNAL } from './signal-body';
import { assertNever, step, type Step } from './step';

/**
 * How two devices agree on one RTCPeerConnection: perfect negotiation (W3C WebRTC 1.0, section 10.7; RFC 8829),
 * as a pure machine. Each device runs one per other device; signals between the two arrive once and in order.
 *
 *   ┌────────┐  negotiation-needed   ┌──────────────┐  local-set: sends the offer   ┌─────────┐
 *   │ stable │ ────────────────────► │ making-offer │ ────────────────────────────► │ offered │
 *   └────────┘                       └──────────────┘                               └─────────┘
 *     ▲ ▲  │ offer received                                          answer received │   │ offer received:
 *     │ │  │                          ┌─────────────────┐                            │   │ polite, gives way
 *     │ └──│─────── remote-set ────── │ applying-answer │ ◄──────────────────────────┘   │ (impolite: stays,
 *     │    │                          └─────────────────┘                                │ ignores the offer)
 *     │    │      ┌────────────────┐                                                     │
 *     │    └────► │ applying-offer │ ◄───────────────────────────────────────────────────┘
 *     │           └────────────────┘
 *     │                │ remote-set: makes an answer
 *     │                ▼
 *     │           ┌───────────────┐
 *     └────────── │ making-answer │
 *      local-set: └───────────────┘
 *      sends the answer               anything ── operation-failed ──► failed        anything ── closed ──► closed
 *
 * In the four phases that end in -ing an operation of the RTCPeerConnection is under way. One runs at a time, and
 * what is received meanwhile waits in `inbox`: so no rule here depends on how long an operation takes.
 *
 * Two sides offer at once ("glare"): the impolite one ignores the other's offer, the polite one gives way: applying
 * the other's offer rolls its own back (implicit rollback, RFC 8829 section 4.1.10.2), and the connection itself
 * asks for negotiation again if something is still wanted. For the same reason `negotiation-needed` outside of
 * `stable` is not remembered: the connection repeats it on its way back to stable (W3C section 4.7.3).
 *
 * "Gathering complete" is never waited for: behind a dead STUN server it takes 40 s. Candidates follow their
 * description in batches.
 */
export type NegotiationPhase =
	| 'stable'
	| 'making-offer'
	| 'offered'
	| 'applying-answer'
	| 'applying-offer'
	| 'making-answer'
	| 'failed'
	| 'closed';

export type Received =
	| { readonly type: 'description'; readonly description: Description }
	| { readonly type: 'candidates'; readonly candidates: readonly CandidateOrEnd[] };

export type Negotiation = {
	readonly phase: NegotiationPhase;
	readonly polite: boolean;
	/** False at the side that joined earlier until the first offer came: only one side makes the first one. */
	readonly mayOffer: boolean;
	/** The other side's last offer was ignored, so its candidates may not fit anything here. */
	readonly ignoringOffer: boolean;
	/** A remote description stands, so candidates can be added. */
	readonly remoteStands: boolean;
	/** What came while an operation was under way, in order. */
	readonly inbox: readonly Received[];
	/** Candidates that came before any remote description. */
	readonly early: readonly CandidateOrEnd[];
	/** Our own candidates, not yet sent. */
	readonly outbox: readonly CandidateOrEnd[];
	/** Somebody will say `batch-due`. */
	readonly batchScheduled: boolean;
	/** The local description sent last; candidates belong to it. */
	readonly sent: Description | null;
};

export type NegotiationEvent =
	/** The connection's own event of that name. */
	| { type: 'negotiation-needed' }
	/** The path is gone or the network changed: find a new one. */
	| { type: 'restart-ice' }
	| { type: 'description-received'; description: Description }
	| { type: 'candidates-received'; candidates: readonly CandidateOrEnd[] }
	/** Answers `make-offer` and `make-answer`. */
	| { type: 'local-set'; description: Description }
	/** Answers `set-remote`. */
	| { type: 'remote-set' }
	/** Answers any of the three. */
	| { type: 'operation-failed'; why: string }
	/** One of the candidates of `add-candidates` was refused. */
	| { type: 'candidate-failed'; why: string }
	| { type: 'candidate-gathered'; candidate: Candidate }
	| { type: 'gathering-complete' }
	| { type: 'batch-due' }
	| { type: 'closed' };

export type NegotiationEffect =
	| { type: 'make-offer' }
	| { type: 'make-answer' }
	/** `rollback`: an offer of ours stands and is given up by this. */
	| { type: 'set-remote'; description: Description; rollback: boolean }
	| { type: 'add-candidates'; candidates: readonly CandidateOrEnd[] }
	| { type: 'restart-ice' }
	| { type: 'send-description'; description: Description }
	| { type: 'send-candidates'; candidates: readonly CandidateOrEnd[] }
	/** Say `batch-due` shortly: candidates come in handfuls, and one signal carries many. */
	| { type: 'schedule-batch' }
	/** Not wrong enough to stop, and worth a line in the log. */
	| { type: 'report'; what: string }
	/** This connection cannot be negotiated. */
	| { type: 'give-up'; why: string };

type Next = Step<Negotiation, NegotiationEffect>;

/**
 * The lower id is polite. Which one it is does not matter, only that both sides say the same without asking: both
 * knew both ids before the first signal, and ids never change, while the order of joining does when a call moves
 * to another device.
 */
export function isPolite(deviceId: string, otherDeviceId: string): boolean {
	return deviceId < otherDeviceId;
}

/**
 * @param start.offersFirst the device that joined later makes the first offer
 */
export function startNegotiation(start: { polite: boolean; offersFirst: boolean }): Negotiation {
	return {
		phase: 'stable',
		polite: start.polite,
		mayOffer: start.offersFirst,
		ignoringOffer: false,
		remoteStands: false,
		inbox: [],
		early: [],
		outbox: [],
		batchScheduled: false,
		sent: null
	};
}

export function negotiate(state: Negotiation, event: NegotiationEvent): Next {
	if (state.phase === 'closed' || state.phase === 'failed') {
		return event.type === 'closed' ? step({ ...state, phase: 'closed' }) : step(state);
	}
	switch (event.type) {
		case 'negotiation-needed':
			if (state.phase !== 'stable' || !state.mayOffer) return step(state);
			return step({ ...state, phase: 'making-offer' }, { type: 'make-offer' });
		case 'restart-ice':
			// Before the first offer there is no path that could be replaced.
			if (!state.mayOffer) return step(state);
			// The connection marks itself and asks for negotiation, now or when it is stable again.
			return step(state, { type: 'restart-ice' });
		case 'description-received':
			return receive(state, { type: 'description', description: event.description });
		case 'candidates-received':
			return receive(state, { type: 'candidates', candidates: event.candidates });
		case 'local-set':
			return localSet(state, event.description);
		case 'remote-set':
			return remoteSet(state);
		case 'operation-failed':
			return step({ ...state, phase: 'failed' }, { type: 'give-up', why: event.why });
		case 'candidate-failed':
			// Of an ignored offer nothing fits here; that is no news.
			if (state.ignoringOffer) return step(state);
			return step(state, { type: 'report', what: `a candidate was refused: ${event.why}` });
		case 'candidate-gathered':
			return gathered(state, event.candidate);
		case 'gathering-complete':
			return gathered(state, null);
		case 'batch-due':
			return sendBatch({ ...state, batchScheduled: false });
		case 'closed':
			return step({ ...state, phase: 'closed', inbox: [], early: [], outbox: [] });
		default:
			return assertNever(event);
	}
}

function receive(state: Negotiation, received: Received): Next {
	if (isBusy(state.phase)) return step({ ...state, inbox: [...state.inbox, received] });
	return received.type === 'description'
		? takeDescription(state, received.description)
		: takeCandidates(state, received.candidates);
}

function takeDescription(state: Negotiation, description: Description): Next {
	if (description.type === 'answer') {
		if (state.phase !== 'offered') return step(state, { type: 'report', what: 'an answer to no offer' });
		const next: Negotiation = { ...state, phase: 'applying-answer', ignoringOffer: false };
		return step(next, { type: 'set-remote', description, rollback: false });
	}
	const collision = state.phase === 'offered';
	if (collision && !state.polite) return step({ ...state, ignoringOffer: true });
	const next: Negotiation = {
		...state,
		phase: 'applying-offer',
		ignoringOffer: false,
		// An end-of-candidates of the offer given up would say that the answer's candidates are complete.
		outbox: collision ? state.outbox.filter((candidate) => candidate !== null) : state.outbox
	};
	return step(next, { type: 'set-remote', description, rollback: collision });
}

function takeCandidates(state: Negotiation, candidates: readonly CandidateOrEnd[]): Next {
	if (state.remoteStands) return step(state, { type: 'add-candidates', candidates });
	// Without a remote description there is nothing to add them to, and those of an ignored offer never will fit.
	return state.ignoringOffer ? step(state) : step({ ...state, early: [...state.early, ...candidates] });
}

function localSet(state: Negotiation, description: Description): Next {
	if (state.phase !== 'making-offer' && state.phase !== 'making-answer')
		return unexpected(state, 'local-set');
	const described = step<Negotiation, NegotiationEffect>(
		{
			...state,
			phase: state.phase === 'making-offer' ? 'offered' : 'stable',
			sent: description
		},
		{ type: 'send-description', description }
	);
	// Candidates may have been gathered before the promise resolved: they waited for their description.
	return drainInbox(also(described, schedule));
}

function remoteSet(state: Negotiation): Next {
	if (state.phase !== 'applying-offer' && state.phase !== 'applying-answer') {
		return unexpected(state, 'remote-set');
	}
	const settled: Negotiation = { ...state, remoteStands: true, mayOffer: true, early: [] };
	const held: NegotiationEffect[] = state.early.length
		? [{ type: 'add-candidates', candidates: state.early }]
		: [];
	if (state.phase === 'applying-offer') {
		return step({ ...settled, phase: 'making-answer' }, ...held, { type: 'make-answer' });
	}
	return drainInbox(step({ ...settled, phase: 'stable' }, ...held));
}

/** Takes what waited, until it is empty or begins an operation of its own. */
function drainInbox(from: Next): Next {
	let next = from;
	while (!isBusy(next.state.phase) && next.state.inbox.length > 0) {
		next = also(next, (state) => {
			const [first, ...rest] = state.inbox;
			return first ? receive({ ...state, inbox: rest }, first) : step(state);
		});
	}
	return next;
}

function gathered(state: Negotiation, candidate: CandidateOrEnd): Next {
	return schedule({ ...state, outbox: [...state.outbox, candidate] });
}

function schedule(state: Negotiation): Next {
	if (state.batchScheduled || state.outbox.length === 0 || isDescribing(state)) return step(state);
	return step({ ...state, batchScheduled: true }, { type: 'schedule-batch' });
}

/** Candidates go out behind the description they belong to; those of an offer that was given up do not. */
function sendBatch(state: Negotiation): Next {
	if (isDescribing(state)) return step(state); // the description comes first, and schedules again
	const fitting = state.outbox.filter((candidate) => fits(candidate, state.sent));
	const effects: NegotiationEffect[] = [];
	for (let at = 0; at < fitting.length; at += MAX_CANDIDATES_PER_SIGNAL) {
		const candidates = fitting.slice(at, at + MAX_CANDIDATES_PER_SIGNAL);
		effects.push({ type: 'send-candidates', candidates });
	}
	return step({ ...state, outbox: [] }, ...effects);
}

/** A candidate names its generation by the ICE user fragment (RFC 8839 section 5.4), as its description does. */
function fits(candidate: CandidateOrEnd, sent: Description | null): boolean {
	if (!candidate?.usernameFragment || !sent) return true;
	return sent.sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}`);
}

/** No description is out for the candidates gathered now. */
function isDescribing(state: Negotiation): boolean {
	return state.sent === null || (isBusy(state.phase) && state.phase !== 'applying-answer');
}

function isBusy(phase: NegotiationPhase): boolean {
	switch (phase) {
		case 'making-offer':
		case 'making-answer':
		case 'applying-offer':
		case 'applying-answer':
			return true;
		case 'stable':
		case 'offered':
		case 'failed':
		case 'closed':
			return false;
		default:
			return assertNever(phase);
	}
}

function unexpected(state: Negotiation, what: string): Next {
	return step(state, { type: 'report', what: `${what} in phase ${state.phase}` });
}

/** One more step from where the last one led. */
function also(from: Next, take: (state: Negotiation) => Next): Next {
	const next = take(from.state);
	return { state: next.state, effects: [...from.effects, ...next.effects] };
}
