import {
	currentOf,
	incomingOf,
	newScene,
	transition,
	type Scene,
	type SceneEvent
} from '../../src/lib/call/core/scene';
import { LEASE_RENEW_INTERVAL_MS } from '../../src/lib/call/core/limits';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { must } from './invariants';
import type { Network } from './network';
import type { Answer, Ask } from './server';
import type { Timeline } from './timeline';

/** As `insist.ts` and `look-ups.ts` have it. */
const TRIES = 4;
const FIRST_PAUSE_MS = 500;
const LOOK_UP_PAUSE_MS = 2_000;

type Stay = { callId: string | null; closed: boolean; stopRenewing: () => void };
export type Memory = { callId: string; deviceId: string };

/** One page: the product's scene, and around it what `session/` does, without media. */
export class Device {
	readonly userId: string;
	scene: Scene;
	/** A stream stands: what happens is told. */
	connected = false;
	/** Outlives a reload. */
	memory: Memory | null = null;
	/** Asked, and not yet done with. */
	busy = 0;
	gone = false;
	#stay: Stay | null = null;
	/** Of each call the newest version that came; of one that was over, no version is new. */
	readonly #seen = new Map<string, number>();
	readonly #lookingUp = new Set<string>();
	readonly #network: Network;
	readonly #timeline: Timeline;

	constructor(userId: string, network: Network, timeline: Timeline) {
		this.userId = userId;
		this.scene = newScene(userId);
		this.#network = network;
		this.#timeline = timeline;
	}

	get id(): string {
		return this.scene.deviceId ?? '';
	}

	get incoming(): CallSnapshot | null {
		return incomingOf(this.scene);
	}

	get current(): CallSnapshot | null {
		return currentOf(this.scene)?.call ?? null;
	}

	/** The page is open, and a device. One that was in a call before a reload comes back to it. */
	open(deviceId: string): void {
		this.dispatch({ type: 'device', deviceId });
		const { memory } = this;
		if (!memory || this.scene.here) return;
		const { callId, deviceId: replaces } = memory;
		this.#enter(callId, { type: 'join', callId, replaces });
	}

	hear(event: SceneEvent): void {
		if (!this.gone) this.dispatch(event);
	}

	roomGone(roomId: string): void {
		for (const call of this.scene.calls.values()) if (call.roomId === roomId) this.#lookUp(call.id);
	}

	// --- wishes ---

	start(roomId: string): void {
		if (this.#isAsking() || this.current?.roomId === roomId) return;
		this.#leaveForAnother();
		this.#enter(null, { type: 'start', roomId });
	}

	answer(way: 'accept' | 'join', callId: string): void {
		if (this.#isAsking() || this.scene.here?.callId === callId) return;
		this.#leaveForAnother();
		this.#enter(
			callId,
			way === 'accept' ? { type: 'accept', callId } : { type: 'join', callId, replaces: null }
		);
	}

	decline(callId: string): void {
		this.dispatch({ type: 'decline', callId });
		this.#ask({ type: 'decline', callId }, (answer) => {
			if (!answer || 'refused' in answer) this.dispatch({ type: 'decline-failed', callId });
		});
	}

	leave(): void {
		const { here } = this.scene;
		if (!here) return;
		const deviceId = this.id;
		this.memory = null;
		this.dispatch({ type: 'leave' });
		this.#closeStay();
		if (here.stage === 'in') this.#sayLeft(here.callId, deviceId);
	}

	endForEveryone(): void {
		const { here } = this.scene;
		if (here?.stage !== 'in') return;
		const { callId } = here;
		this.#ask({ type: 'end', callId }, () => this.#lookUp(callId));
	}

	/** As the host. */
	control(type: 'mute' | 'remove' | 'hand-over', targetId: string): void {
		const { here } = this.scene;
		if (here?.stage === 'in')
			this.#ask({ type, callId: here.callId, targetId }, () => this.#lookUp(here.callId));
	}

	report(type: 'connected' | 'failed' | 'away'): void {
		const { here } = this.scene;
		if (here?.stage === 'in') this.#ask({ type, callId: here.callId }, () => {});
	}

	/** The page is not there any more. Nothing that comes is heard. */
	vanish(): void {
		this.gone = true;
		this.connected = false;
		this.#stay?.stopRenewing();
		this.#stay = null;
	}

	// --- as the session does it ---

	dispatch(event: SceneEvent): void {
		if (this.gone) return;
		const { state, effects } = transition(this.scene, event);
		this.scene = state;
		if (event.type === 'call') this.#checkSeen(event.call);
		if (event.type === 'state') event.calls.forEach((call) => this.#checkSeen(call));
		for (const effect of effects) {
			if (effect.type === 'look-up') this.#lookUp(effect.callId);
			if (effect.type === 'release') {
				this.memory = null;
				this.#closeStay();
			}
			if (effect.type === 'rejoin') {
				const stay = this.#stay;
				const { callId, replaces } = effect;
				if (stay) this.#askIn(stay, { type: 'join', callId, replaces });
			}
		}
	}

	/** What this page has seen of a call is never taken back by older news. */
	#checkSeen({ id, phase, version }: CallSnapshot): void {
		const shown = this.scene.calls.get(id)?.version;
		const seen = this.#seen.get(id) ?? 0;
		must(shown === undefined || shown >= seen, 'older news won', { device: this.id, shown, seen, id });
		this.#seen.set(id, phase === 'ended' ? Infinity : Math.max(seen, version));
	}

	#enter(callId: string | null, ask: Ask): void {
		const stay: Stay = { callId, closed: false, stopRenewing: () => {} };
		this.#stay = stay;
		this.dispatch({ type: 'ask', callId });
		this.#askIn(stay, ask);
	}

	#askIn(stay: Stay, ask: Ask): void {
		const deviceId = this.id;
		this.#insist(
			ask,
			() => stay.closed,
			(answer) => {
				if (answer && 'call' in answer && answer.call) {
					const { call } = answer;
					if (stay.closed) return this.#sayLeft(call.id, deviceId);
					this.dispatch({ type: 'entered', call });
					if (stay.closed) return;
					stay.callId = call.id;
					this.memory = { callId: call.id, deviceId: this.id };
					this.#renewAlways(stay);
					return;
				}
				if (!answer && stay.callId) this.#sayLeft(stay.callId, deviceId);
				if (stay.closed) return;
				this.memory = null;
				this.dispatch({ type: 'refused' });
				this.#closeStay();
				if (stay.callId) this.#lookUp(stay.callId);
			}
		);
	}

	#renewAlways(stay: Stay): void {
		stay.stopRenewing();
		const renew = () => {
			if (stay.closed || this.gone || !stay.callId) return;
			const { callId } = stay;
			stay.stopRenewing = this.#timeline.after(LEASE_RENEW_INTERVAL_MS, renew);
			this.#ask({ type: 'renew', callId }, (answer) => {
				if (!stay.closed && answer && 'refused' in answer) this.#lookUp(callId);
			});
		};
		stay.stopRenewing = this.#timeline.after(LEASE_RENEW_INTERVAL_MS, renew);
	}

	#closeStay(): void {
		if (!this.#stay) return;
		this.#stay.closed = true;
		this.#stay.stopRenewing();
		this.#stay = null;
	}

	#leaveForAnother(): void {
		if (this.scene.here) this.leave();
	}

	#isAsking(): boolean {
		return this.scene.here?.stage === 'asking';
	}

	#sayLeft(callId: string, deviceId: string): void {
		const isBack = () => this.scene.here?.callId === callId;
		if (isBack()) return;
		this.#insist({ type: 'leave', callId }, isBack, () => {}, deviceId);
	}

	#lookUp(callId: string): void {
		if (this.#lookingUp.has(callId)) return;
		this.#lookingUp.add(callId);
		const done = () => void this.#lookingUp.delete(callId);
		const ask = () => {
			if (this.gone || !this.scene.calls.has(callId)) return done();
			this.#ask({ type: 'get', callId }, (answer) => {
				if (!answer) return void this.#timeline.after(LOOK_UP_PAUSE_MS, ask);
				done();
				if ('refused' in answer) this.dispatch({ type: 'call-gone', callId });
				else if (answer.call) this.dispatch({ type: 'call', call: answer.call });
			});
		};
		ask();
	}

	#insist(
		ask: Ask,
		isOver: () => boolean,
		then: (answer: Answer | null) => void,
		deviceId = this.id,
		tries = 1
	): void {
		this.#ask(
			ask,
			(answer) => {
				if (answer || tries === TRIES || isOver()) return then(answer);
				this.busy += 1;
				this.#timeline.after(FIRST_PAUSE_MS * 2 ** (tries - 1), () => {
					this.busy -= 1;
					if (this.gone) return;
					if (isOver()) then(null);
					else this.#insist(ask, isOver, then, deviceId, tries + 1);
				});
			},
			deviceId
		);
	}

	/** @param then hears null when no answer came */
	#ask(ask: Ask, then: (answer: Answer | null) => void, deviceId = this.id): void {
		this.busy += 1;
		this.#network.request({ userId: this.userId, deviceId }, ask, (answer) => {
			this.busy -= 1;
			if (!this.gone) then(answer);
		});
	}
}
