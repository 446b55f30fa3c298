import type { InboxItem } from '../call/core/inbox';
import { formatEventId, type SignalEnvelope } from '../call/core/signal';
import { assertNever } from '../call/core/step';
import { createApi, failureOf, isSignedOut, type ApiClient } from './api';
import { pickMs } from './backoff';
import { readItem, readPage, type Report } from './items';
import * as ladders from './ladder';
import type { Link, LinkNews, LinkStatus } from './link';
import { watchPage, type PageEvent } from './page-events';
import * as readers from './reader';
import { createRegistration, type Registration } from './registration';
import { createSocket, type Socket } from './socket';
import { openStream } from './stream';

/** How long a poll may wait on the server, and how much longer we wait for its answer. */
export const POLL_WAIT_MS = 20_000;
const POLL_SLACK_MS = 10_000;

export type LinkOptions = {
	/** Scheme and host of the server; the page's own when absent. */
	origin?: string;
	fetch?: typeof fetch;
	/** Null: there is none, so we poll. */
	WebSocket?: typeof WebSocket | null;
	random?: () => number;
	now?: () => number;
	/** Hears of what arrived and could not be read. */
	report?: Report;
	watchPage?: (report: (event: PageEvent) => void) => () => void;
	pingIntervalMs?: number;
	pongTimeoutMs?: number;
};

/** Connects this page, or program, to its server: one device, one reader, one outbox per mailbox. */
export function createLink(options: LinkOptions = {}): Link {
	return new LadderLink(options);
}

class LadderLink implements Link {
	readonly api: ApiClient;
	readonly #socket: Socket | null;
	readonly #random: () => number;
	readonly #now: () => number;
	readonly #report: Report;
	readonly #watchPage: NonNullable<LinkOptions['watchPage']>;
	readonly #listeners = new Set<(news: LinkNews) => void>();
	readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
	readonly #events: ladders.LadderEvent[] = [];
	#ladder: ladders.Ladder;
	#registration: Registration | null = null;
	#poll: AbortController | null = null;
	#opening: AbortController | null = null;
	#endStream: (() => void) | null = null;
	#unwatch: () => void = () => {};

	constructor(options: LinkOptions) {
		const origin = options.origin ?? location.origin;
		const Native = options.WebSocket === undefined ? globalThis.WebSocket : options.WebSocket;
		this.#random = options.random ?? Math.random;
		this.#now = options.now ?? Date.now;
		this.#report = options.report ?? (() => {});
		this.#watchPage = options.watchPage ?? watchPage;
		this.#ladder = ladders.newLadder(this.#now());
		this.#socket = Native
			? createSocket({
					url: `${origin.replace(/^http/, 'ws')}/trpc`,
					WebSocket: Native,
					random: this.#random,
					pingIntervalMs: options.pingIntervalMs,
					pongTimeoutMs: options.pongTimeoutMs
				})
			: null;
		this.api = createApi({
			origin,
			fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
			socketLink: this.#socket?.link
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

	// --- the ladder: what it decides is run here ---

	/** One event after the other: what an effect or a listener brings up waits for the effects before it. */
	#dispatch(event: ladders.LadderEvent): void {
		this.#events.push(event);
		if (this.#events.length > 1) return;
		for (let next: typeof event | undefined = event; next; next = this.#events[0]) {
			const before = this.#ladder.status;
			const { state, effects } = ladders.transition(this.#ladder, next, this.#now());
			this.#ladder = state;
			for (const effect of effects) this.#run(effect);
			if (state.status !== before) this.#emit({ type: 'status', status: state.status });
			this.#events.shift();
		}
	}

	#run(effect: ladders.LadderEffect): void {
		switch (effect.type) {
			case 'open-device':
				void this.#openDevice();
				return;
			case 'open-stream':
				this.#openStream();
				return;
			case 'close-stream':
				this.#endStream?.();
				this.#endStream = null;
				return;
			case 'poll':
				void this.#pollOnce(effect.wait);
				return;
			case 'stop-poll':
				this.#poll?.abort();
				this.#poll = null;
				return;
			case 'schedule-open':
				return this.#schedule('open', pickMs(effect, this.#random()), { type: 'open-due' });
			case 'schedule-poll':
				return this.#schedule('poll', pickMs(effect, this.#random()), { type: 'poll-due' });
			case 'schedule-probe':
				return this.#schedule('probe', pickMs(effect, this.#random()), { type: 'probe-due' });
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

	#schedule(name: string, ms: number, event: ladders.LadderEvent): void {
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
			const { deviceId, cursor } = await this.api.inbox.open.mutate(undefined, {
				signal: AbortSignal.any([abort.signal, AbortSignal.timeout(POLL_SLACK_MS)])
			});
			if (abort.signal.aborted) return;
			this.#registration = createRegistration({
				api: this.api,
				deviceId,
				cursor,
				random: this.#random,
				streamStands: () => this.#ladder.stream === 'standing',
				onRefused: (toDeviceId, callId, key) => this.#emit({ type: 'send-refused', toDeviceId, callId, key }),
				onRejected: (key) => this.#reject(deviceId, isSignedOut(key))
			});
			this.#emit({ type: 'device', deviceId });
			this.#dispatch({ type: 'device-opened' });
		} catch (error) {
			if (abort.signal.aborted) return;
			if (!this.#isOver(error)) this.#dispatch({ type: 'device-failed' });
		}
	}

	async #pollOnce(wait: boolean): Promise<void> {
		const registration = this.#registration;
		if (!registration) return;
		this.#poll?.abort();
		const abort = new AbortController();
		this.#poll = abort;
		const { deviceId, stateTag } = registration;
		const waitMs = wait ? POLL_WAIT_MS : 0;
		const begun = this.#now();
		const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(waitMs + POLL_SLACK_MS)]);
		try {
			const raw = await this.api.inbox.poll.query(
				{ deviceId, cursor: registration.reader.cursor, waitMs, ...(stateTag ? { stateTag } : {}) },
				{ signal }
			);
			if (this.#poll !== abort) return;
			const page = readPage(raw, this.#report);
			// Beside a standing stream the poll only fills a hole: its state may be older than what was pushed.
			const state = this.#ladder.stream === 'standing' ? null : page.state;
			registration.stateTag = this.#ladder.stream === 'standing' ? undefined : page.stateTag;
			if (state) this.#emit({ type: 'state', state });
			this.#read(registration, { type: 'page', cursor: page.cursor, entries: page.entries });
			// A listener may have stopped us.
			if (this.#poll !== abort) return;
			this.#poll = null;
			this.#dispatch({
				type: 'poll-answered',
				news: page.entries.length > 0 ? 'signals' : state ? 'state' : 'none',
				hole: readers.hasHole(registration.reader),
				waited: wait,
				tookMs: this.#now() - begun
			});
		} catch (error) {
			if (this.#poll !== abort) return;
			this.#poll = null;
			if (failureOf(error)?.key === 'device/not-found') this.#reject(deviceId, false);
			else if (!this.#isOver(error)) this.#dispatch({ type: 'poll-failed' });
		}
	}

	#openStream(): void {
		this.#endStream?.();
		this.#endStream = null;
		const registration = this.#registration;
		const socket = this.#socket;
		if (!registration || !socket) {
			this.#dispatch({ type: 'stream-failed', unauthorized: false });
			return;
		}
		let over = false;
		const end = openStream({
			api: this.api,
			socket,
			deviceId: registration.deviceId,
			lastEventId: formatEventId(registration.reader.cursor, 'resume'),
			onItem: (tracked) => this.#takeItem(registration, tracked),
			onFailed: (failure) => {
				if (over) return;
				if (failure === 'device-unknown') this.#reject(registration.deviceId, false);
				else this.#dispatch({ type: 'stream-failed', unauthorized: failure === 'unauthorized' });
			}
		});
		this.#endStream = () => {
			over = true;
			end();
		};
	}

	// --- what arrives ---

	#takeItem(registration: Registration, tracked: { id: unknown; data: unknown }): void {
		const { at, item } = readItem(tracked, this.#report);
		if (item?.type === 'state') {
			registration.stateTag = undefined;
			this.#dispatch({ type: 'stream-stands' });
		}
		if (item?.type === 'signal') {
			const { signal } = item;
			const entry = { at: { epoch: signal.epoch, seq: signal.seq }, signal };
			this.#read(registration, { type: 'entry', entry });
			return;
		}
		if (item) this.#emitItem(item);
		const position = item?.type === 'epoch' ? { epoch: item.epoch, seq: 0 } : at;
		if (position) this.#read(registration, { type: 'position', at: position });
	}

	#emitItem(item: Exclude<InboxItem, { type: 'signal' }>): void {
		// The reader tells of epochs, once each.
		if (item.type !== 'epoch') this.#emit(item);
	}

	#read(registration: Registration, event: readers.ReaderEvent): void {
		if (registration !== this.#registration) return;
		const { state, effects } = readers.transition(registration.reader, event);
		registration.reader = state;
		registration.acks.note(state.cursor);
		for (const effect of effects) {
			if (effect.type === 'read') this.#dispatch({ type: 'hole-seen' });
			else if (effect.type === 'deliver') this.#emit({ type: 'signal', signal: effect.signal });
			else this.#emit(effect);
		}
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
