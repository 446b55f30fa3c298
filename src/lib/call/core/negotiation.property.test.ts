import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
	negotiate,
	startNegotiation,
	type Negotiation,
	type NegotiationEffect,
	type NegotiationEvent
} from './negotiation';
import type { Candidate, CandidateOrEnd, Description } from './signal-body';

/**
 * Two machines, each with a model of an RTCPeerConnection that follows the specification's rules for
 * signalingState, the negotiation-needed flag, ICE credentials and candidates, and throws where a browser would.
 * Signals travel in order, each with any delay; an operation ends at any time.
 */
type Signal = { description: Description } | { candidates: readonly CandidateOrEnd[] };
type Operation = Extract<NegotiationEffect, { type: 'make-offer' | 'make-answer' | 'set-remote' }>;

const CANDIDATES_PER_GATHERING = 2;

/** fast-check names the seed of what failed: `SEED=… ` runs it again. */
const { LONG, SEED } = import.meta.env;
const RUNS = { numRuns: LONG ? 10_000 : 1_000, ...(SEED ? { seed: Number(SEED) } : {}) };
vi.setConfig({ testTimeout: LONG ? 120_000 : 10_000 });

class Side {
	state: Negotiation;
	other!: Side;
	readonly wire: Signal[] = [];

	#signaling: 'stable' | 'have-local-offer' | 'have-remote-offer' = 'stable';
	current: { local: Description; remote: Description } | null = null;
	#pendingLocal: Description | null = null;
	#pendingRemote: Description | null = null;
	#operation: Operation | null = null;

	/** W3C's [[NegotiationNeeded]], and whether the task that looks at it is queued. */
	#flag = false;
	#checkQueued = false;
	/** Changes that only an offer of our own can carry (a transceiver), and how many were carried. */
	#changes = 0;
	#changesDone = 0;
	#changesOffered = 0;
	/** The same of what any exchange carries, whoever offers: a direction. */
	#turns = 0;
	#turnsDone = 0;
	#turnsOffered = 0;
	/** W3C's [[LocalIceCredentialsToReplace]]. */
	#replace: string | null = null;

	#made = 0;
	readonly #gathering = new Map<string, number>();
	readonly gathered = new Map<string, number>();
	readonly taken = new Map<string, number>();
	#batchScheduled = false;

	constructor(
		readonly name: string,
		start: { polite: boolean; offersFirst: boolean }
	) {
		this.state = startNegotiation(start);
		if (start.offersFirst) this.change();
	}

	/** Everything that could happen here next, each at any time. */
	actions(): (() => void)[] {
		const actions: (() => void)[] = [];
		const signal = this.wire[0];
		if (signal) actions.push(() => this.#receive(this.wire.shift()!));
		if (this.#operation) actions.push(() => this.#finish(this.#operation!));
		if (this.#checkQueued) actions.push(() => this.#check());
		if (this.#batchScheduled) actions.push(() => this.#batchDue());
		for (const [ufrag, left] of this.#gathering) if (left > 0) actions.push(() => this.#gather(ufrag));
		return actions;
	}

	change(): void {
		this.#changes += 1;
		this.#checkQueued = true;
	}

	turn(): void {
		this.#turns += 1;
		this.#checkQueued = true;
	}

	restartIce(): void {
		this.#dispatch({ type: 'restart-ice' });
	}

	get signaling() {
		return this.#signaling;
	}

	get satisfied(): boolean {
		return !this.#needed();
	}

	#dispatch(event: NegotiationEvent): void {
		const next = negotiate(this.state, event);
		this.state = next.state;
		for (const effect of next.effects) this.#run(effect);
	}

	#run(effect: NegotiationEffect): void {
		switch (effect.type) {
			case 'make-offer':
			case 'make-answer':
			case 'set-remote':
				if (this.#operation) throw new Error(`${effect.type} during ${this.#operation.type}`);
				this.#operation = effect;
				break;
			case 'add-candidates':
				for (const candidate of effect.candidates) if (candidate) this.#addCandidate(candidate);
				break;
			case 'restart-ice':
				if (this.current) this.#replace = ufragOf(this.current.local);
				this.#checkQueued = true;
				break;
			case 'send-description':
				this.other.wire.push({ description: effect.description });
				break;
			case 'send-candidates':
				this.other.wire.push({ candidates: effect.candidates });
				break;
			case 'schedule-batch':
				this.#batchScheduled = true;
				break;
			case 'report':
			case 'give-up':
				throw new Error(`${this.name}: ${JSON.stringify(effect)}`);
		}
	}

	#receive(signal: Signal): void {
		if ('description' in signal) {
			this.#dispatch({ type: 'description-received', description: signal.description });
		} else this.#dispatch({ type: 'candidates-received', candidates: signal.candidates });
	}

	#batchDue(): void {
		this.#batchScheduled = false;
		this.#dispatch({ type: 'batch-due' });
	}

	#gather(ufrag: string): void {
		const left = this.#gathering.get(ufrag)! - 1;
		this.#gathering.set(ufrag, left);
		this.gathered.set(ufrag, (this.gathered.get(ufrag) ?? 0) + 1);
		const candidate: Candidate = {
			candidate: `candidate:${left}`,
			sdpMid: '0',
			sdpMLineIndex: 0,
			usernameFragment: ufrag
		};
		this.#dispatch({ type: 'candidate-gathered', candidate });
		if (left === 0) this.#dispatch({ type: 'gathering-complete' });
	}

	#addCandidate(candidate: Candidate): void {
		const remotes = [this.current?.remote, this.#pendingRemote].filter((remote) => remote != null);
		if (remotes.length === 0) throw new Error('InvalidStateError: a candidate without a remote description');
		const ufrag = candidate.usernameFragment!;
		if (remotes.some((remote) => ufragOf(remote) === ufrag)) {
			this.taken.set(ufrag, (this.taken.get(ufrag) ?? 0) + 1);
		} else if (!this.state.ignoringOffer) throw new Error(`a candidate of nothing known: ${ufrag}`);
	}

	/** W3C 4.7.3: update the negotiation-needed flag. */
	#check(): void {
		this.#checkQueued = false;
		if (this.#operation || this.#signaling !== 'stable') return; // looked at again afterwards
		if (!this.#needed()) {
			this.#flag = false;
			return;
		}
		if (this.#flag) return;
		this.#flag = true;
		this.#dispatch({ type: 'negotiation-needed' });
	}

	#needed(): boolean {
		return this.#changes > this.#changesDone || this.#turns > this.#turnsDone || this.#replace !== null;
	}

	#finish(operation: Operation): void {
		this.#operation = null;
		this.#checkQueued = true;
		switch (operation.type) {
			case 'make-offer': {
				if (this.#signaling !== 'stable') throw new Error(`offer in ${this.#signaling}`);
				this.#changesOffered = this.#changes;
				this.#turnsOffered = this.#turns;
				this.#pendingLocal = this.#describe('offer');
				this.#signaling = 'have-local-offer';
				return this.#dispatch({ type: 'local-set', description: this.#pendingLocal });
			}
			case 'make-answer': {
				if (this.#signaling !== 'have-remote-offer') throw new Error(`answer in ${this.#signaling}`);
				const local = this.#describe('answer');
				this.#turnsDone = this.#turns;
				this.#stable(local, this.#pendingRemote!);
				return this.#dispatch({ type: 'local-set', description: local });
			}
			case 'set-remote':
				if (operation.description.type === 'answer') {
					if (this.#signaling !== 'have-local-offer') throw new Error(`an answer in ${this.#signaling}`);
					this.#changesDone = this.#changesOffered;
					this.#turnsDone = this.#turnsOffered;
					this.#stable(this.#pendingLocal!, operation.description);
				} else {
					const rollback = this.#signaling === 'have-local-offer';
					if (rollback !== operation.rollback) throw new Error(`rollback ${rollback}, said otherwise`);
					if (this.#signaling === 'have-remote-offer') throw new Error('an offer on an offer');
					this.#pendingLocal = null;
					this.#pendingRemote = operation.description;
					this.#signaling = 'have-remote-offer';
				}
				return this.#dispatch({ type: 'remote-set' });
		}
	}

	#stable(local: Description, remote: Description): void {
		this.current = { local, remote };
		this.#pendingLocal = this.#pendingRemote = null;
		this.#signaling = 'stable';
		this.#flag = false;
		if (ufragOf(local) !== this.#replace) this.#replace = null;
	}

	/** New credentials at first, on a restart of ours, and in answer to a restart of theirs (RFC 8839 4.4.1.1). */
	#describe(type: 'offer' | 'answer'): Description {
		this.#made += 1;
		const theirs = this.#pendingRemote && this.current ? ufragOf(this.current.remote) : null;
		const restarted = theirs !== null && theirs !== ufragOf(this.#pendingRemote!);
		const keep = this.current && this.#replace === null && !restarted;
		const ufrag = keep ? ufragOf(this.current!.local) : `${this.name}${this.#made}`;
		if (!this.#gathering.has(ufrag)) this.#gathering.set(ufrag, CANDIDATES_PER_GATHERING);
		return { type, sdp: `s=${this.name} ${this.#made}\r\na=ice-ufrag:${ufrag}\r\n` };
	}
}

function ufragOf(description: Description): string {
	return /a=ice-ufrag:(\S+)/.exec(description.sdp)![1]!;
}

function play(one: Side, two: Side, choices: readonly number[]): void {
	one.other = two;
	two.other = one;
	for (const choice of choices) {
		// Now and then somebody wants something more: a restart, a change or a turn, on either side or both at once.
		const wishes = [one, two].flatMap((side) => [
			() => side.restartIce(),
			() => side.change(),
			() => side.turn()
		]);
		const actions = [...one.actions(), ...two.actions(), ...(choice % 7 === 0 ? wishes : [])];
		actions[choice % Math.max(actions.length, 1)]?.();
	}
	for (let left = 2_000; left > 0; left -= 1) {
		const actions = [...one.actions(), ...two.actions()];
		if (actions.length === 0) return;
		actions[left % actions.length]!();
	}
	throw new Error('they never come to rest');
}

const starts = fc.constantFrom(
	{ one: true, two: false },
	{ one: false, two: true },
	{ one: true, two: true } // never so in a call, and harmless
);

test('any interleaving, glare and restarts end stable on both sides, with the same pair of descriptions', () => {
	fc.assert(
		fc.property(starts, fc.array(fc.nat(10_000), { maxLength: 150, size: 'max' }), (offers, choices) => {
			const one = new Side('one', { polite: true, offersFirst: offers.one });
			const two = new Side('two', { polite: false, offersFirst: offers.two });
			play(one, two, choices);
			for (const side of [one, two]) {
				expect(side.state.phase).toBe('stable');
				expect(side.signaling).toBe('stable');
				expect(side.satisfied).toBe(true);
				expect(side.state).toMatchObject({ inbox: [], early: [], outbox: [] });
			}
			expect(one.current).toEqual({ local: two.current!.remote, remote: two.current!.local });
		}),
		RUNS
	);
});

test('in any interleaving, every candidate of the credentials in use arrives and is taken', () => {
	fc.assert(
		fc.property(fc.boolean(), fc.array(fc.nat(10_000), { maxLength: 150, size: 'max' }), (first, choices) => {
			const one = new Side('one', { polite: true, offersFirst: first });
			const two = new Side('two', { polite: false, offersFirst: !first });
			play(one, two, choices);
			for (const [from, to] of [
				[one, two],
				[two, one]
			] as const) {
				const ufrag = ufragOf(from.current!.local);
				expect(from.gathered.get(ufrag)).toBe(CANDIDATES_PER_GATHERING);
				expect(to.taken.get(ufrag)).toBe(CANDIDATES_PER_GATHERING);
			}
		}),
		RUNS
	);
});
