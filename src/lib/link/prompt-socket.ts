/** A socket that neither opens nor fails for this long (a proxy that swallows the upgrade) counts as refused. */
export const OPEN_DEADLINE_MS = 8_000;

/**
 * A WebSocket that reports itself closed the moment it is given up.
 *
 * `close()` on a half-open network starts a closing handshake that nobody answers: Chromium fires `close` after
 * 60 s, and tRPC's client waits for it whatever its pong time-out says. Here `close()` is the end, at once;
 * what the real socket says afterwards is not heard. A socket that does not open in time ends the same way.
 *
 * @param Native the platform's WebSocket, or the `ws` package's
 * @param adopt is handed every socket made, so that an owner can end them all
 */
export function promptSocket(
	Native: typeof WebSocket,
	adopt: (socket: { close(): void }) => void = () => {},
	openDeadlineMs: number = OPEN_DEADLINE_MS
): typeof WebSocket {
	class PromptSocket extends EventTarget {
		static readonly CONNECTING = 0;
		static readonly OPEN = 1;
		static readonly CLOSING = 2;
		static readonly CLOSED = 3;
		readonly CONNECTING = 0;
		readonly OPEN = 1;
		readonly CLOSING = 2;
		readonly CLOSED = 3;

		readonly #native: WebSocket;
		readonly #deadline: ReturnType<typeof setTimeout>;
		#opened = false;
		#over = false;

		constructor(url: string) {
			super();
			this.#native = new Native(url);
			this.#deadline = setTimeout(() => this.close(), openDeadlineMs);
			this.#native.addEventListener('open', () => {
				if (this.#over) return;
				this.#opened = true;
				clearTimeout(this.#deadline);
				this.dispatchEvent(new Event('open'));
			});
			this.#native.addEventListener('message', (event: MessageEvent<unknown>) => {
				if (!this.#over) this.dispatchEvent(new MessageEvent('message', { data: event.data }));
			});
			// A failed socket is over: its `close` may come much later, or never.
			this.#native.addEventListener('error', () => this.#end(1006, true));
			this.#native.addEventListener('close', (event) => this.#end(event.code, !this.#opened));
			adopt(this);
		}

		get readyState(): number {
			return this.#over ? this.CLOSED : this.#native.readyState;
		}

		get bufferedAmount(): number {
			return this.#native.bufferedAmount;
		}

		get binaryType(): BinaryType {
			return this.#native.binaryType;
		}

		set binaryType(type: BinaryType) {
			this.#native.binaryType = type;
		}

		send(data: string): void {
			if (!this.#over) this.#native.send(data);
		}

		close(code?: number, reason?: string): void {
			if (this.#over) return;
			this.#native.close(code, reason);
			this.#end(code ?? 1006, !this.#opened);
		}

		/** @param failed a socket that never opened owes an `error` first: who waits for it to open waits for that */
		#end(code: number, failed: boolean): void {
			if (this.#over) return;
			this.#over = true;
			clearTimeout(this.#deadline);
			if (failed) this.dispatchEvent(new Event('error'));
			this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '', wasClean: false }));
		}
	}
	// The part of the interface that tRPC's client uses; the rest (on… properties, protocols) it never touches.
	return PromptSocket as unknown as typeof WebSocket;
}
