import type { Cursor } from '../call/core/signal';
import { jitteredWait, pickMs, RETRY_CAP_MS } from './backoff';

/** Signals come in bursts: one ack for all that came within this time. */
export const ACK_INTERVAL_MS = 500;

/**
 * Tells the server how far we have read, at most every 500 ms and only when there is something new. An ack that is
 * lost costs nothing: the next one says more, and unacked signals only stay in the mailbox.
 */
export class Acks {
	readonly #send: (cursor: Cursor) => Promise<unknown>;
	readonly #random: () => number;
	#latest: Cursor;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#failures = 0;
	#stopped = false;

	/** @param begin what the server knows already */
	constructor(begin: Cursor, send: (cursor: Cursor) => Promise<unknown>, random: () => number) {
		this.#latest = begin;
		this.#send = send;
		this.#random = random;
	}

	note(cursor: Cursor): void {
		if (cursor.epoch === this.#latest.epoch && cursor.seq <= this.#latest.seq) return;
		this.#latest = cursor;
		// A new epoch begins with nothing to acknowledge.
		if (cursor.seq > 0) this.#schedule(ACK_INTERVAL_MS);
	}

	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#timer);
	}

	#schedule(ms: number): void {
		if (this.#stopped || this.#timer !== undefined) return;
		this.#timer = setTimeout(() => void this.#flush(), ms);
	}

	/** The timer stays set while the request is on its way, so a second one never overtakes it. */
	async #flush(): Promise<void> {
		const sent = this.#latest;
		let failed = false;
		try {
			await this.#send(sent);
			this.#failures = 0;
		} catch {
			failed = true;
			this.#failures += 1;
		}
		this.#timer = undefined;
		const wait = jitteredWait(Math.max(1, this.#failures), ACK_INTERVAL_MS, RETRY_CAP_MS);
		if (failed) this.#schedule(ACK_INTERVAL_MS + pickMs(wait, this.#random()));
		else if (this.#latest !== sent) this.#schedule(ACK_INTERVAL_MS);
	}
}
