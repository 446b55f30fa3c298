import type { LinkStatus } from '../../link/link';
import {
	beginCheck,
	transition,
	wayOf,
	type CheckEffect,
	type CheckEvent,
	type CheckOffer,
	type ConnectionCheck
} from '../core/connection-check';
import { assertNever, type Step } from '../core/step';
import type { OpenProbe } from '../media/check-probe';
import { iceConfigOf, type IceConfig } from '../media/ice-config';

/** What the server says that there is to connect by. */
export type CheckAnswer =
	| { readonly iceServers: RTCIceServer[]; readonly relay: 'given' | 'none' | 'off' }
	/** It answered, and refused; with a time where it was asked too often. */
	| { readonly retryAfterMs: number | null };

export type CheckerDeps = {
	/** Rejects when the server does not answer. */
	readonly ask: (signal: AbortSignal) => Promise<CheckAnswer>;
	readonly link: () => Pick<LinkStatus, 'rung' | 'why'>;
	readonly hidesAddress: () => boolean;
	readonly openProbe: OpenProbe;
	/** Milliseconds of a clock that only goes forward. */
	readonly now: () => number;
};

/** A server that takes longer is as good as none: a ring lives for less than a minute. */
const ASK_WITHIN_MS = 5_000;

/** Runs one connection check at a time, and closes all that it opened: when it is over, stopped or forgotten. */
export class ConnectionChecker {
	readonly #deps: CheckerDeps;
	readonly #listeners = new Set<() => void>();
	#run: Run | null = null;

	constructor(deps: CheckerDeps) {
		this.#deps = deps;
	}

	/** The check that runs, or the last one; null before any. */
	get check(): ConnectionCheck | null {
		return this.#run?.check ?? null;
	}

	/** Begins anew: what ran before is over. */
	start(): void {
		this.#run?.stop();
		this.#run = new Run(this.#deps, () => this.#tell());
		this.#tell();
	}

	stop(): void {
		this.#run?.stop();
	}

	/** Stops, and leaves nothing to show. */
	forget(): void {
		this.#run?.stop();
		this.#run = null;
		this.#tell();
	}

	/** @returns a function that stops listening */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}

/** One check, from its start to its end. */
class Run {
	readonly #deps: CheckerDeps;
	readonly #onChange: () => void;
	readonly #asking = new AbortController();
	readonly #probes = new Map<string, () => void>();
	readonly #bounds = new Map<string, ReturnType<typeof setTimeout>>();
	#servers: { stun: IceConfig; relays: readonly IceConfig[] } = { stun: iceConfigOf([], false), relays: [] };
	check: ConnectionCheck;

	constructor(deps: CheckerDeps, onChange: () => void) {
		this.#deps = deps;
		this.#onChange = onChange;
		const { state, effects } = beginCheck(deps.hidesAddress(), deps.now());
		this.check = state;
		for (const effect of effects) this.#perform(effect);
	}

	stop(): void {
		this.#tell({ type: 'stop', at: this.#deps.now() });
	}

	#tell(event: CheckEvent): void {
		const next: Step<ConnectionCheck, CheckEffect> = transition(this.check, event);
		if (next.state === this.check) return;
		this.check = next.state;
		for (const effect of next.effects) this.#perform(effect);
		this.#onChange();
	}

	#perform(effect: CheckEffect): void {
		switch (effect.type) {
			case 'ask':
				void this.#ask();
				return;
			case 'stop-asking':
				this.#asking.abort();
				return;
			case 'open':
				this.#open(effect.line, this.#iceFor(effect), effect.probe === 'stun' ? 'gather' : 'pair');
				return;
			case 'bound': {
				const { line, ms } = effect;
				clearTimeout(this.#bounds.get(line));
				const overdue = () => this.#tell({ type: 'overdue', line, at: this.#deps.now() });
				this.#bounds.set(line, setTimeout(overdue, ms));
				return;
			}
			case 'close':
				clearTimeout(this.#bounds.get(effect.line));
				this.#probes.get(effect.line)?.();
				this.#probes.delete(effect.line);
				return;
			default:
				assertNever(effect);
		}
	}

	async #ask(): Promise<void> {
		const bound = AbortSignal.timeout(ASK_WITHIN_MS);
		try {
			const answer = await this.#deps.ask(AbortSignal.any([this.#asking.signal, bound]));
			const { rung, why } = this.#deps.link();
			this.#tell({ type: 'answered', at: this.#deps.now(), rung, why, offer: this.#keep(answer) });
		} catch {
			this.#tell({ type: 'unanswered', at: this.#deps.now() });
		}
	}

	/** Each TURN URL is checked alone, with relays alone. */
	#keep(answer: CheckAnswer): CheckOffer {
		if (!('iceServers' in answer)) return { is: 'refused', retryAfterMs: answer.retryAfterMs };
		const each = answer.iceServers.flatMap(({ urls, ...credentials }) =>
			[urls].flat().map((url) => ({ ...credentials, urls: url }))
		);
		const stun = each.filter(({ urls }) => /^stuns?:/.test(urls));
		const turn = each.filter(({ urls }) => /^turns?:/.test(urls));
		this.#servers = {
			stun: iceConfigOf(stun, false),
			relays: turn.map((server) => iceConfigOf([server], true))
		};
		const ways = turn.map(({ urls }) => wayOf(urls));
		return { is: 'listed', stun: stun.length > 0, ways, relay: answer.relay };
	}

	#iceFor(effect: Extract<CheckEffect, { type: 'open' }>): IceConfig {
		const { stun, relays } = this.#servers;
		if (effect.probe === 'stun') return stun;
		const relay = effect.probe === 'relay' ? relays[effect.index] : undefined;
		return relay ?? iceConfigOf([], false);
	}

	#open(line: string, ice: IceConfig, aim: 'pair' | 'gather'): void {
		const close = this.#deps.openProbe({
			ice,
			aim,
			on: (heard) => this.#tell({ type: 'probe', line, heard, at: this.#deps.now() })
		});
		this.#probes.set(line, close);
	}
}
