import { fail, type ErrorKey } from '../../call/core/errors';
import type { News } from '../bus/bus';

/** The same wake-up twice before anybody looked is one wake-up. */
function keyOf(news: News): string {
	switch (news.type) {
		case 'call':
			return `call:${news.callId}`;
		case 'room':
		case 'room-gone':
			return `room:${news.roomId}`;
		case 'mailbox':
		case 'missed':
		case 'closed':
			return news.type;
	}
}

/**
 * What woke one reader and was not looked at yet. Wake-ups carry ids only, so a later one replaces an
 * earlier one of the same thing: the queue is bounded by how many things the reader can see.
 */
export class NewsQueue {
	readonly #waiting = new Map<string, News>();
	#wake: (() => void) | null = null;
	#closed: ErrorKey | null = null;

	push(news: News): void {
		this.#waiting.set(keyOf(news), news);
		this.#wake?.();
	}

	/** Nobody may read on: the next look fails with this key. */
	close(key: ErrorKey): void {
		this.#closed ??= key;
		this.#wake?.();
	}

	/** Everything that waits, oldest first; the queue is empty afterwards. @throws what `close` was given */
	take(): News[] {
		if (this.#closed) return fail(this.#closed);
		const all = [...this.#waiting.values()];
		this.#waiting.clear();
		return all;
	}

	/**
	 * Resolves when something waits, `timeoutMs` have passed, or `signal` aborts. Never rejects.
	 *
	 * @returns whether something waits
	 */
	async wait(signal: AbortSignal | undefined, timeoutMs: number): Promise<boolean> {
		if (this.#hasNews() || signal?.aborted) return this.#hasNews();
		let timer: ReturnType<typeof setTimeout> | undefined;
		const stopListening = new AbortController();
		await new Promise<void>((resolve) => {
			this.#wake = resolve;
			signal?.addEventListener('abort', () => resolve(), { signal: stopListening.signal });
			timer = setTimeout(resolve, timeoutMs);
		});
		clearTimeout(timer);
		stopListening.abort();
		this.#wake = null;
		return this.#hasNews();
	}

	#hasNews(): boolean {
		return this.#waiting.size > 0 || this.#closed !== null;
	}
}
