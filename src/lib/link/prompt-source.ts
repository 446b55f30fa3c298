/** Said by the server's stream besides what tRPC listens to; each shows that it lives. */
const SIGNS_OF_LIFE = ['open', 'connected', 'message', 'ping', 'serialized-error'] as const;

/**
 * An EventSource with one life, which ends with the first sign of trouble.
 *
 * The platform's connects again by itself for ever, after 3 s and without jitter, and on a half-open network it never
 * notices anything. Here an error is the end, and so is silence: the ladder decides what is tried next, and when.
 *
 * @param Native the platform's EventSource, or the `eventsource` package's
 * @param silenceMs how long nothing may come, once it is open; the server pings well within it
 */
export function promptSource(Native: typeof EventSource, silenceMs: number): typeof EventSource {
	class PromptSource {
		static readonly CONNECTING = 0;
		static readonly OPEN = 1;
		static readonly CLOSED = 2;
		readonly CONNECTING = 0;
		readonly OPEN = 1;
		readonly CLOSED = 2;

		readonly #native: EventSource;
		readonly #onFailure = new Set<(event: Event) => void>();
		#silence: ReturnType<typeof setTimeout> | undefined;
		#over = false;

		constructor(url: string | URL, init?: EventSourceInit) {
			this.#native = new Native(url, init);
			for (const sign of SIGNS_OF_LIFE) this.#native.addEventListener(sign, () => this.#live());
			this.#native.addEventListener('error', () => this.#fail());
		}

		get readyState(): number {
			return this.#over ? this.CLOSED : this.#native.readyState;
		}

		addEventListener(type: string, listener: (event: Event) => void): void {
			if (type === 'error') this.#onFailure.add(listener);
			else {
				this.#native.addEventListener(type, (event) => {
					if (!this.#over) listener(event);
				});
			}
		}

		close(): void {
			this.#over = true;
			clearTimeout(this.#silence);
			this.#native.close();
		}

		#live(): void {
			if (this.#over) return;
			clearTimeout(this.#silence);
			this.#silence = setTimeout(() => this.#fail(), silenceMs);
		}

		#fail(): void {
			if (this.#over) return;
			this.close();
			for (const listener of this.#onFailure) listener(new Event('error'));
		}
	}
	// The part of the interface that tRPC's client uses; the rest it never touches.
	return PromptSource as unknown as typeof EventSource;
}
