import { OVER_SSE, type ApiClient } from './api';
import type { StreamRung } from './ladder-state';
import type { Socket } from './socket';
import { openStream, type StreamOptions } from './stream';

export type OpenOptions = Pick<StreamOptions, 'deviceId' | 'lastEventId' | 'onItem' | 'onFailed'>;

/** The pushed streams of one link: at most one life of each rung at a time. */
export class Streams {
	readonly #api: ApiClient;
	readonly #socket: Socket | null;
	readonly #hasSse: boolean;
	readonly #ends = new Map<StreamRung, () => void>();

	constructor({ api, socket, hasSse }: { api: ApiClient; socket: Socket | null; hasSse: boolean }) {
		this.#api = api;
		this.#socket = socket;
		this.#hasSse = hasSse;
	}

	open(rung: StreamRung, options: OpenOptions): void {
		this.close(rung);
		if (rung === 'sse' ? !this.#hasSse : !this.#socket) return options.onFailed('broken');
		if (rung === 'websocket') this.#socket?.open();
		const end = openStream({ ...options, api: this.#api, context: rung === 'sse' ? OVER_SSE : {} });
		this.#ends.set(rung, () => {
			end();
			if (rung === 'websocket') this.#socket?.close();
		});
	}

	/** Ends its life without a word. */
	close(rung: StreamRung): void {
		this.#ends.get(rung)?.();
		this.#ends.delete(rung);
	}
}
