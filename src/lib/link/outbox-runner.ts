import { ERRORS, type ErrorKey } from '../call/core/errors';
import { MAX_SEND_BYTES } from '../call/core/limits';
import type { SignalEnvelope } from '../call/core/signal';
import { assertNever } from '../call/core/step';
import { failureOf, isSignedOut } from './api';
import { pickMs } from './backoff';
import {
	byteLength,
	emptyOutbox,
	transition,
	type NumberedSignal,
	type Outbox,
	type OutboxEffect,
	type OutboxEvent
} from './outbox';

/** A send that the socket does not answer for this long is repeated by HTTP. */
export const SOCKET_ANSWER_MS = 2_000;
/** No try is waited for any longer than this. */
const TRY_DEADLINE_MS = 10_000;
/** tRPC gathers what is sent within a tick into one frame, and the server closes a socket for too large a frame. */
const FRAME_SPACING_MS = 10;

export type Way = 'socket' | 'http';

export type OutboxRunnerOptions = {
	/** Sends once. Rejects with tRPC's error. */
	send(
		toDeviceId: string,
		signals: readonly NumberedSignal[],
		way: Way,
		signal: AbortSignal
	): Promise<unknown>;
	/** Our stream is carried by the socket, so it would answer. */
	socketStands(): boolean;
	random(): number;
	onRefused(toDeviceId: string, callId: string, key: ErrorKey): void;
	/** The server answered that it does not know us (any more). */
	onRejected(key: ErrorKey): void;
};

/** Runs what the outboxes decide, one per receiving mailbox. Belongs to one device: a new device begins anew. */
export class OutboxRunner {
	readonly #options: OutboxRunnerOptions;
	readonly #boxes = new Map<string, Outbox>();
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	readonly #stop = new AbortController();
	#frameBytes = 0;

	constructor(options: OutboxRunnerOptions) {
		this.#options = options;
	}

	queue(callId: string, toDeviceId: string, envelope: SignalEnvelope): void {
		this.#dispatch(toDeviceId, { type: 'queued', callId, envelope });
	}

	/** Ends every try; what is queued stays unsent. */
	stop(): void {
		this.#stop.abort();
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	#dispatch(to: string, event: OutboxEvent): void {
		if (this.#stop.signal.aborted) return;
		const { state, effects } = transition(this.#boxes.get(to) ?? emptyOutbox, event);
		this.#boxes.set(to, state);
		for (const effect of effects) this.#run(to, effect);
	}

	#run(to: string, effect: OutboxEffect): void {
		switch (effect.type) {
			case 'send':
				void this.#try(to, effect.flight, effect.signals, this.#wayFor(effect));
				return;
			case 'rest':
				this.#after(pickMs(effect, this.#options.random()), () =>
					this.#dispatch(to, { type: 'retry-due', flight: effect.flight })
				);
				return;
			case 'refuse':
				this.#options.onRefused(to, effect.callId, effect.key);
				return;
			default:
				assertNever(effect);
		}
	}

	#wayFor(effect: Extract<OutboxEffect, { type: 'send' }>): Way {
		if (effect.way === 'http' || !this.#options.socketStands()) return 'http';
		const bytes = effect.signals.reduce((sum, { envelope }) => sum + byteLength(envelope), 0);
		if (this.#frameBytes + bytes > MAX_SEND_BYTES) return 'http';
		this.#frameBytes += bytes;
		this.#after(FRAME_SPACING_MS, () => (this.#frameBytes -= bytes));
		return 'socket';
	}

	async #try(to: string, flight: number, signals: readonly NumberedSignal[], way: Way): Promise<void> {
		const abort = new AbortController();
		const end = () => abort.abort();
		this.#stop.signal.addEventListener('abort', end, { once: true });
		const deadline = this.#after(TRY_DEADLINE_MS, end);
		const watch =
			way === 'socket'
				? this.#after(SOCKET_ANSWER_MS, () => this.#dispatch(to, { type: 'unanswered', flight }))
				: undefined;
		const gaveUp = new Promise<OutboxEvent>((resolve) => {
			abort.signal.addEventListener('abort', () => resolve({ type: 'failed', flight }), { once: true });
		});
		const answered = this.#options.send(to, signals, way, abort.signal).then(
			(): OutboxEvent => ({ type: 'taken', flight }),
			(error: unknown) => this.#judge(flight, way, error)
		);
		const outcome = await Promise.race([answered, gaveUp]);
		this.#clear(deadline);
		this.#clear(watch);
		this.#stop.signal.removeEventListener('abort', end);
		this.#dispatch(to, outcome);
	}

	/** Without a word from the server, or with one about its own trouble, the outcome is unknown: try again. */
	#judge(flight: number, way: Way, error: unknown): OutboxEvent {
		const failure = failureOf(error);
		if (!failure) return { type: 'failed', flight };
		const { key, details } = failure;
		const { code } = ERRORS[key];
		// A socket may have come without its cookie; only HTTP's word counts for who we are.
		if (isSignedOut(key) && way === 'socket') return { type: 'failed', flight };
		if (isSignedOut(key) || key === 'device/not-found') this.#options.onRejected(key);
		if (code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE') return { type: 'failed', flight };
		// It never reached the mailbox: the same again, after a rest.
		if (key === 'request/too-many') return { type: 'failed', flight };
		const wanted = details['wanted'];
		const isNumber = typeof wanted === 'number' && Number.isSafeInteger(wanted) && wanted > 0;
		return { type: 'refused', flight, refusal: { key, wanted: isNumber ? wanted : null } };
	}

	#after(ms: number, run: () => void): ReturnType<typeof setTimeout> {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			run();
		}, ms);
		this.#timers.add(timer);
		return timer;
	}

	#clear(timer: ReturnType<typeof setTimeout> | undefined): void {
		if (timer === undefined) return;
		clearTimeout(timer);
		this.#timers.delete(timer);
	}
}
