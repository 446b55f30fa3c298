import { formatEventId, type SignalEnvelope } from '../call/core/signal';
import { assertNever } from '../call/core/step';
import { createApi, failureOf, isSignedOut, type ApiClient } from './api';
import { Arrivals } from './arrivals';
import { pickMs } from './backoff';
import type { Choice } from './choice';
import { readPage, type Report } from './items';
import { newLadder, transition } from './ladder';
import { carrier, type Ladder, type LadderEffect, type LadderEvent, type StreamRung } from './ladder-state';
import type { Link, LinkNews, LinkStatus } from './link';
import { watchPage, type PageEvent } from './page-events';
import { Poller, POLL_SLACK_MS } from './poller';
import { promptSource } from './prompt-source';
import { createRegistration, type Registration } from './registration';
import { createSocket, PING_INTERVAL_MS, PONG_TIMEOUT_MS } from './socket';
import { Streams } from './streams';

export type LinkOptions = {
	/** Scheme and host of the server; the page's own when absent. */
	origin?: string;
	fetch?: typeof fetch;
	/** Null: there is none. */
	WebSocket?: typeof WebSocket | null;
	/** Null: there is none. Node has none of its own; the `eventsource` package has. */
	EventSource?: typeof EventSource | null;
	/** The one way in which this link may be reached; null or absent: any. */
	choice?: Choice;
	random?: () => number;
	now?: () => number;
	/** Hears of what arrived and could not be read. */
	report?: Report;
	watchPage?: (report: (event: PageEvent) => void) => () => void;
	/** A stream silent for this long, and then for `pongTimeoutMs` more, is left. */
	pingIntervalMs?: number;
	pongTimeoutMs?: number;
	/** How long a long poll waits on the server, and how much longer we wait for any poll's answer. */
	pollWaitMs?: number;
	pollSlackMs?: number;
};

/** Connects this page, or program, to its server: one device, one reader, one outbox per mailbox. */
export function createLink(options: LinkOptions = {}): Link {
	return new LadderLink(options);
}

class LadderLink implements Link {
	readonly api: ApiClient;
	readonly #streams: Streams;
	readonly #poller: Poller;
	readonly #arrivals: Arrivals;
	readonly #random: () => number;
	readonly #now: () => number;
	readonly #report: Report;
	readonly #watchPage: NonNullable<LinkOptions['watchPage']>;
	readonly #listeners = new Set<(news: LinkNews) => void>();
	readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
	readonly #events: LadderEvent[] = [];
	#ladder: Ladder;
	#registration: Registration | null = null;
	#opening: AbortController | null = null;
	#unwatch: () => void = () => {};

	constructor(options: LinkOptions) {
		const origin = options.origin ?? location.origin;
		const WebSocket = options.WebSocket === undefined ? globalThis.WebSocket : options.WebSocket;
		const EventSource = options.EventSource === undefined ? globalThis.EventSource : options.EventSource;
		const { pingIntervalMs = PING_INTERVAL_MS, pongTimeoutMs = PONG_TIMEOUT_MS } = options;
		this.#random = options.random ?? Math.random;
		this.#now = options.now ?? Date.now;
		this.#report = options.report ?? (() => {});
		this.#watchPage = options.watchPage ?? watchPage;
		this.#ladder = newLadder(this.#now(), options.choice);
		const socket = WebSocket
			? createSocket({
					url: `${origin.replace(/^http/, 'ws')}/trpc`,
					WebSocket,
					random: this.#random,
					pingIntervalMs,
					pongTimeoutMs
				})
			: null;
		this.api = createApi({
			origin,
			fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
			socketLink: socket?.link,
			EventSource: EventSource ? promptSource(EventSource, pingIntervalMs + pongTimeoutMs) : undefined
		});
		this.#streams = new Streams({ api: this.api, socket, hasSse: Boolean(EventSource) });
		this.#poller = new Poller(this.api, { waitMs: options.pollWaitMs, slackMs: options.pollSlackMs });
		this.#arrivals = new Arrivals({
			emit: (news) => this.#emit(news),
			dispatch: (event) => this.#dispatch(event),
			report: this.#report,
			isCurrent: (registration) => registration === this.#registration
		});
	}

	get deviceId(): string | null {
		return this.#registration?.deviceId ?? null;
	}

	get status(): LinkStatus {
		return this.#ladder.status;
	}

	start(): void {
		if (this.#ladder.phase !== 'new') return;
		this.#unwatch = this.#watchPage((event) => this.#dispatch({ type: event }));
		this.#dispatch({ type: 'start' });
	}

	stop(): void {
		this.#unwatch();
		this.#dispatch({ type: 'stop' });
	}

	listen(listener: (news: LinkNews) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	sendSignal(callId: string, toDeviceId: string, envelope: SignalEnvelope): void {
		this.#registration?.outbox.queue(callId, toDeviceId, envelope);
	}

	choose(choice: Choice): void {
		const { choice: before } = this.#ladder;
		if (before?.rung !== choice?.rung || before?.by !== choice?.by)
			this.#dispatch({ type: 'choose', choice });
	}

	setInCall(on: boolean): void {
		if (on !== this.#ladder.inCall) this.#dispatch({ type: 'in-call', on });
	}

	// --- the ladder: what it decides is run here ---

	/** One event after the other: what an effect or a listener brings up waits for the effects before it. */
	#dispatch(event: LadderEvent): void {
		this.#events.push(event);
		if (this.#events.length > 1) return;
		for (let next: typeof event | undefined = event; next; next = this.#events[0]) {
			const before = this.#ladder.status;
			const { state, effects } = transition(this.#ladder, next, this.#now());
			this.#ladder = state;
			for (const effect of effects) this.#run(effect);
			if (state.status !== before) this.#emit({ type: 'status', status: state.status });
			this.#events.shift();
		}
	}

	#run(effect: LadderEffect): void {
		switch (effect.type) {
			case 'open-device':
				void this.#openDevice();
				return;
			case 'open-stream':
				return this.#openStream(effect.rung);
			case 'close-stream':
				return this.#streams.close(effect.rung);
			case 'poll':
				return this.#poll(effect.wait);
			case 'stop-poll':
				return this.#poller.stop();
			case 'check-device':
				void this.#checkDevice();
				return;
			case 'schedule-open':
				return this.#schedule('open', pickMs(effect, this.#random()), { type: 'open-due' });
			case 'schedule-poll':
				return this.#schedule('poll', pickMs(effect, this.#random()), { type: 'poll-due' });
			case 'schedule-hold':
				return this.#schedule('hold', pickMs(effect, this.#random()), { type: 'hold-over' });
			case 'schedule-probe': {
				const { rung } = effect;
				return this.#schedule(rung, pickMs(effect, this.#random()), { type: 'probe-due', rung });
			}
			case 'cancel-timers':
				for (const timer of this.#timers.values()) clearTimeout(timer);
				this.#timers.clear();
				return;
			case 'drop-device':
				this.#opening?.abort();
				this.#registration?.acks.stop();
				this.#registration?.outbox.stop();
				this.#registration = null;
				return;
			default:
				assertNever(effect);
		}
	}

	#schedule(name: string, ms: number, event: LadderEvent): void {
		clearTimeout(this.#timers.get(name));
		this.#timers.set(
			name,
			setTimeout(() => this.#dispatch(event), ms)
		);
	}

	async #openDevice(): Promise<void> {
		const abort = new AbortController();
		this.#opening = abort;
		try {
			const { deviceId, cursor, rungs } = await this.api.inbox.open.mutate(undefined, {
				signal: AbortSignal.any([abort.signal, AbortSignal.timeout(POLL_SLACK_MS)])
			});
			if (abort.signal.aborted) return;
			this.#registration = createRegistration({
				api: this.api,
				deviceId,
				cursor,
				random: this.#random,
				socketStands: () => carrier(this.#ladder) === 'websocket',
				onRefused: (toDeviceId, callId, key) => this.#emit({ type: 'send-refused', toDeviceId, callId, key }),
				onRejected: (key) => this.#reject(deviceId, isSignedOut(key))
			});
			this.#emit({ type: 'device', deviceId });
			this.#dispatch({ type: 'device-opened', offered: rungs });
		} catch (error) {
			if (abort.signal.aborted) return;
			if (!this.#isOver(error)) this.#dispatch({ type: 'device-failed' });
		}
	}

	#poll(wait: boolean): void {
		const registration = this.#registration;
		if (!registration) return;
		const begun = this.#now();
		void this.#poller.poll(registration, wait, (outcome, isCurrent) => {
			if ('error' in outcome) return this.#hearFailure(registration, outcome.error, { type: 'poll-failed' });
			const page = readPage(outcome.page, this.#report);
			if (!page) return this.#dispatch({ type: 'poll-failed' });
			const beside = carrier(this.#ladder) !== null;
			const { news, hole } = this.#arrivals.takePage(registration, page, beside);
			// A listener may have stopped us, or begun anew.
			if (isCurrent()) this.#dispatch({ type: 'poll-answered', news, hole, tookMs: this.#now() - begun });
		});
	}

	#openStream(rung: StreamRung): void {
		const registration = this.#registration;
		if (!registration) return;
		this.#streams.open(rung, {
			deviceId: registration.deviceId,
			lastEventId: formatEventId(registration.reader.cursor, 'resume'),
			onItem: (tracked) => this.#arrivals.takeItem(registration, rung, tracked),
			onFailed: (failure) => {
				if (failure === 'device-unknown') this.#reject(registration.deviceId, false);
				else this.#dispatch({ type: 'stream-failed', rung, unauthorized: failure === 'unauthorized' });
			}
		});
	}

	/** Where no poll would hear that the session is over, or the device gone. */
	async #checkDevice(): Promise<void> {
		const registration = this.#registration;
		if (!registration) return;
		const { deviceId, reader } = registration;
		try {
			await this.api.inbox.ack.mutate({ deviceId, cursor: reader.cursor });
		} catch (error) {
			this.#hearFailure(registration, error);
		}
	}

	#hearFailure({ deviceId }: Registration, error: unknown, otherwise?: LadderEvent): void {
		if (failureOf(error)?.key === 'device/not-found') this.#reject(deviceId, false);
		else if (!this.#isOver(error) && otherwise) this.#dispatch(otherwise);
	}

	/** A listener that throws is its own problem: the link must go on, and so must the other listeners. */
	#emit(news: LinkNews): void {
		for (const listener of [...this.#listeners]) {
			try {
				listener(news);
			} catch (error) {
				setTimeout(() => {
					throw error;
				});
			}
		}
	}

	// --- the ends ---

	/** @returns whether this failure ended the link */
	#isOver(error: unknown): boolean {
		const key = failureOf(error)?.key;
		if (!key || !isSignedOut(key)) return false;
		this.#signOut();
		return true;
	}

	/** The server does not know this device, or us. */
	#reject(deviceId: string, signedOut: boolean): void {
		if (signedOut) this.#signOut();
		else if (deviceId === this.deviceId) this.#dispatch({ type: 'device-forgotten' });
	}

	#signOut(): void {
		if (this.#ladder.phase === 'over') return;
		this.#unwatch();
		this.#dispatch({ type: 'signed-out' });
		this.#emit({ type: 'signed-out' });
	}
}
