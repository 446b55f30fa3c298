import { fail, type ErrorKey } from '../../call/core/errors';
import type { News } from '../bus/bus';
import { isBehind } from './mailbox-reader';

/** `lost`: more may have moved than anybody can tell. Everything is to be read again. */
export type Waking = Exclude<News, { type: 'closed' }> | { type: 'lost' };

/** The same wake-up twice before anybody looked is one wake-up. */
function keyOf(news: Waking): string {
	switch (news.type) {
		case 'call':
			return `call:${news.callId}`;
		case 'room':
		case 'membership':
			return `room:${news.roomId}`;
		case 'mailbox':
		case 'standing':
		case 'lost':
			return news.type;
	}
}

/**
 * What woke one reader and was not looked at yet. Wake-ups carry ids only, so a later one replaces an
 * earlier one of the same thing: the queue is bounded by how many things the reader can see.
 */
export class NewsQueue {
	/** Made when something comes: most readers wait for nothing most of the time. */
	#waiting: Map<string, Waking> | null = null;
	#wake: (() => void) | null = null;
	#closed: ErrorKey | null = null;
	readonly #signal: AbortSignal | undefined;
	readonly #onAbort = () => this.#wake?.();

	/** @param signal wakes whoever waits */
	constructor(signal: AbortSignal | undefined) {
		this.#signal = signal;
		signal?.addEventListener('abort', this.#onAbort);
	}

	push(news: Waking): void {
		this.#waiting ??= new Map();
		const before = this.#waiting.get(keyOf(news));
		// Servers tell of one mailbox in any order: only the furthest counts.
		const isOlder =
			news.type === 'mailbox' &&
			before?.type === 'mailbox' &&
			isBehind({ epoch: news.epoch, seq: news.head }, { epoch: before.epoch, seq: before.head });
		if (!isOlder) this.#waiting.set(keyOf(news), news);
		this.#wake?.();
	}

	/** Nobody may read on: the next look fails with this key. */
	close(key: ErrorKey): void {
		this.#closed ??= key;
		this.#wake?.();
	}

	/** Nobody looks any more. */
	stop(): void {
		this.#signal?.removeEventListener('abort', this.#onAbort);
	}

	/** Everything that waits, oldest first; the queue is empty afterwards. @throws what `close` was given */
	take(): Waking[] {
		if (this.#closed) return fail(this.#closed);
		const all = [...(this.#waiting?.values() ?? [])];
		this.#waiting = null;
		return all;
	}

	/** Resolves when something waits, the signal aborts, or `timeoutMs` have passed. Never rejects. */
	async wait(timeoutMs?: number): Promise<void> {
		if (this.#waiting !== null || this.#closed !== null || this.#signal?.aborted) return;
		let timer: ReturnType<typeof setTimeout> | undefined;
		await new Promise<void>((resolve) => {
			this.#wake = resolve;
			if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
		});
		clearTimeout(timer);
		this.#wake = null;
	}
}
