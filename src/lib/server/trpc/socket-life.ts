import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import {
	ANONYMOUS_SOCKET_MS,
	FIRST_MESSAGE_MS,
	LOW_BUFFERED_BYTES,
	MAX_BUFFERED_BYTES,
	PING_INTERVAL_MS,
	PONG_TIMEOUT_MS,
	STUCK_READER_MS
} from './limits';

/** Why we close a socket. 4000 and above are for applications to choose. */
export const CLOSE = {
	restarting: [1012, 'the server restarts'],
	sessionOver: [4401, 'session ended'],
	silent: [4408, 'nothing was asked for'],
	tooSlow: [4413, 'read too slowly'],
	tooMany: [4429, 'too many messages']
} as const;

/** A peer that does not finish the closing handshake is left. Sessions that end must be gone within a second. */
const CLOSE_WITHIN_MS = 500;
const NOW = Promise.resolve();

/** A clock that only goes on. Whole milliseconds: each socket keeps several, and a fraction would be an object of its own. */
export const clockMs = (): number => Math.trunc(performance.now());

/** One socket while it stands: whether its peer is there, speaks, and reads. One sweep looks after all of them. */
export class SocketLife {
	readonly #socket: WebSocket;
	readonly #raw: Socket;
	readonly #anonymous: boolean;
	readonly #openedAt: number;
	#heardAt: number;
	/** 0: not asked since we last heard of it. */
	#pingedAt = 0;
	#spoke = false;
	/** Bytes that had left at the last look, and since when no more have. */
	#left = 0;
	#leftAt: number;
	#waiting: (() => void)[] | null = null;

	constructor(socket: WebSocket, raw: Socket, facts: { anonymous: boolean; now: number }) {
		this.#socket = socket;
		this.#raw = raw;
		this.#anonymous = facts.anonymous;
		this.#openedAt = this.#heardAt = this.#leftAt = facts.now;
		const resume = () => {
			const waiting = this.#waiting;
			this.#waiting = null;
			for (const wake of waiting ?? []) wake();
		};
		raw.on('drain', resume);
		raw.on('close', resume);
	}

	/** Resolves when this reader has taken what it was sent: before that, nothing more is read for it. */
	readonly mayWrite = (): Promise<void> => {
		// Past the stream's own mark, so a 'drain' will come.
		if (this.#raw.writableLength < LOW_BUFFERED_BYTES || this.#raw.destroyed) return NOW;
		return new Promise((resolve) => (this.#waiting ??= []).push(resolve));
	};

	get isOpen(): boolean {
		return this.#socket.readyState === this.#socket.OPEN;
	}

	/** Something came, be it a ping. */
	noteHeard(now: number): void {
		this.#heardAt = now;
		this.#pingedAt = 0;
		if (this.#raw.writableLength > MAX_BUFFERED_BYTES) this.close('tooSlow');
	}

	/** It asked for something. */
	noteSpoke(): void {
		this.#spoke = true;
	}

	/** So much is about to be sent. One answer is never too much for who has taken all before it. */
	noteSending(bytes: number): void {
		const waiting = this.#raw.writableLength;
		if (waiting > 0 && waiting + bytes > MAX_BUFFERED_BYTES) this.close('tooSlow');
	}

	send(text: string): void {
		if (this.isOpen) this.#socket.send(text);
	}

	close(why: keyof typeof CLOSE): void {
		if (!this.isOpen) return;
		const [code, reason] = CLOSE[why];
		this.#socket.close(code, reason);
		setTimeout(() => this.#socket.terminate(), CLOSE_WITHIN_MS).unref();
	}

	sweep(now: number): void {
		if (!this.isOpen) return;
		if (this.#isStuck(now)) return this.close('tooSlow');
		if (!this.#spoke && now - this.#openedAt > FIRST_MESSAGE_MS) return this.close('silent');
		if (this.#anonymous && now - this.#openedAt > ANONYMOUS_SOCKET_MS) return this.close('sessionOver');
		if (this.#pingedAt > 0) {
			if (now - this.#pingedAt > PONG_TIMEOUT_MS) this.#socket.terminate();
		} else if (now - this.#heardAt > PING_INTERVAL_MS) {
			this.#pingedAt = now;
			this.#socket.send('PING'); // tRPC's own word: its clients answer PONG
		}
	}

	#isStuck(now: number): boolean {
		const waiting = this.#raw.writableLength;
		const left = this.#raw.bytesWritten - waiting;
		if (waiting === 0 || left !== this.#left) {
			this.#left = left;
			this.#leftAt = now;
		}
		return waiting > MAX_BUFFERED_BYTES || now - this.#leftAt > STUCK_READER_MS;
	}
}
