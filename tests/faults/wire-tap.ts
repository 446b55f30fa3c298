import { EventSource as NodeEventSource } from 'eventsource';
import { WebSocket as NodeWebSocket } from 'ws';
import { sendAnswer, sendInput, TappedSocket, type SendInput } from './tapped-socket';
import { z } from 'zod';

/** What a network of proxies may do to one request. */
export type RequestTrick = 'request doubled' | 'request repeated late' | 'request held back' | 'answer lost';

type Armed = { trick: RequestTrick; ms: number; settle: (used: boolean) => void };

const httpAnswer = z.object({ result: z.object({ data: sendAnswer }) });
const REPLAY_WITHIN_MS = 10_000;

export type WireTapOptions = {
	/** Where the client's server is. */
	origin: string;
	token: string;
	/** The server's answer that it has these signals has reached this client. */
	onAcknowledged: (bodies: string[]) => void;
};

/** Stands between one client's link and its network: hears which sends are answered, and plays tricks on requests. */
export class WireTap {
	readonly #options: WireTapOptions;
	readonly #sockets = new Set<TappedSocket>();
	/** Settled while this client reads what is pushed to it. */
	#reading: { promise: Promise<void>; goOn: () => void } | null = null;
	#armed: Armed | null = null;
	readonly fetch: typeof fetch = (input, init) => this.#fetch(String(input), init ?? {});
	/** What the link takes for the platform's WebSocket. */
	readonly WebSocket: typeof WebSocket;
	/** … and for its EventSource. */
	readonly EventSource: typeof EventSource;

	constructor(options: WireTapOptions) {
		this.#options = options;
		const open = (url: string) => this.#openSocket(url);
		// Called with `new`, a function that returns an object makes that object.
		this.WebSocket = function (url: string) {
			return open(url);
		} as unknown as typeof WebSocket;
		const follow = (url: string) => this.#followEvents(url);
		this.EventSource = function (url: string) {
			return new NodeEventSource(url, { fetch: () => follow(url) });
		} as unknown as typeof EventSource;
	}

	// --- tricks ---

	/** The next request that it fits meets this. @returns whether one came in time */
	arm(trick: RequestTrick, ms: number, withinMs: number): Promise<boolean> {
		if (this.#armed) return Promise.resolve(false);
		return new Promise((resolve) => {
			const timer = setTimeout(() => armed.settle(false), withinMs);
			const armed: Armed = {
				trick,
				ms,
				settle: (used) => {
					clearTimeout(timer);
					if (this.#armed === armed) this.#armed = null;
					resolve(used);
				}
			};
			this.#armed = armed;
		});
	}

	/** Reads no stream from now on. */
	stopReading(): void {
		let goOn = () => {};
		const promise = new Promise<void>((resolve) => (goOn = resolve));
		this.#reading = { promise, goOn };
		for (const socket of this.#sockets) if (socket.readyState === NodeWebSocket.OPEN) socket.pause();
	}

	readAgain(): void {
		this.#reading?.goOn();
		this.#reading = null;
		for (const socket of this.#sockets) if (socket.isPaused) socket.resume();
	}

	#take(...tricks: RequestTrick[]): Armed | null {
		const armed = this.#armed;
		if (!armed || !tricks.includes(armed.trick)) return null;
		armed.settle(true);
		return armed;
	}

	// --- HTTP ---

	async #fetch(url: string, given: RequestInit): Promise<Response> {
		const headers = {
			...(given.headers as Record<string, string>),
			authorization: `Bearer ${this.#options.token}`
		};
		const init = { ...given, headers };
		const path = new URL(url).pathname.slice('/trpc/'.length);
		const isSend = path === 'signals.send';
		// What may be asked twice; who starts a call or joins it does that once.
		const repeatable = isSend || path === 'inbox.ack' || path === 'inbox.poll';
		const armed =
			(repeatable ? this.#take('request doubled', 'request repeated late', 'answer lost') : null) ??
			(isSend ? this.#take('request held back') : null);
		if (armed?.trick === 'request doubled') this.#replay(url, init, 0);
		if (armed?.trick === 'request repeated late') this.#replay(url, init, armed.ms);
		if (armed?.trick === 'request held back') await new Promise((resolve) => setTimeout(resolve, armed.ms));
		const response = await globalThis.fetch(url, init);
		if (armed?.trick === 'answer lost') {
			await response.arrayBuffer();
			throw new TypeError('The answer was lost on its way.');
		}
		if (isSend && response.ok) {
			const answer = httpAnswer.safeParse(await response.clone().json());
			const input = sendInput.parse(JSON.parse(String(init.body)));
			if (answer.success) this.#note(input, answer.data.result.data.outcomes.length);
		}
		return response;
	}

	/** The network's own doing: whoever gives up the first request does not end this one, nor hear of it. */
	#replay(url: string, init: RequestInit, afterMs: number): void {
		setTimeout(() => {
			globalThis
				.fetch(url, { ...init, signal: AbortSignal.timeout(REPLAY_WITHIN_MS) })
				.then((response) => response.arrayBuffer())
				.catch(() => {});
		}, afterMs);
	}

	#note({ signals }: SendInput, answered: number): void {
		this.#options.onAcknowledged(signals.slice(0, answered).map(({ body }) => body));
	}

	// --- streams ---

	/** Its answer, of which each part is taken when this client reads. */
	async #followEvents(url: string): Promise<Response> {
		const abort = new AbortController();
		const headers = { accept: 'text/event-stream', authorization: `Bearer ${this.#options.token}` };
		const response = await globalThis.fetch(url, { headers, signal: abort.signal });
		const reader = response.body?.getReader();
		if (!response.ok || !reader) return response;
		const body = new ReadableStream<Uint8Array>(
			{
				pull: async (controller) => {
					await this.#reading?.promise;
					const { done, value } = await reader.read();
					if (done) controller.close();
					else controller.enqueue(value);
				},
				cancel: () => abort.abort()
			},
			{ highWaterMark: 0 }
		);
		return Object.defineProperty(new Response(body, response), 'url', { value: url });
	}

	#openSocket(url: string): TappedSocket {
		const socket = new TappedSocket(url, this.#options.token, {
			onSend: (data, inputs, send) => this.#sendFrame(data, inputs, send),
			onAnswered: (input, outcomes) => this.#note(input, outcomes)
		});
		this.#sockets.add(socket);
		socket.once('close', () => this.#sockets.delete(socket));
		return socket;
	}

	#sendFrame(data: string, inputs: SendInput[], send: (data: string) => void): { loseAnswer: boolean } {
		const armed = this.#take('request doubled', 'request repeated late', 'request held back', 'answer lost');
		if (armed?.trick === 'request held back') setTimeout(() => send(data), armed.ms);
		else send(data);
		if (armed?.trick === 'request doubled' || armed?.trick === 'request repeated late') {
			// By HTTP: no network doubles a frame within a socket. Late ones come when others have long been taken.
			const { origin, token } = this.#options;
			const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
			for (const input of inputs) {
				const init = { method: 'POST', headers, body: JSON.stringify(input) };
				this.#replay(`${origin}/trpc/signals.send`, init, armed.ms);
			}
		}
		return { loseAnswer: armed?.trick === 'answer lost' };
	}
}
