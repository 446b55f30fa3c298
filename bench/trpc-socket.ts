import type { WebSocket } from 'ws';
import { openSocket, readNumber } from './frames';

type Waiting = { resolve: (data: never) => void; reject: (error: Error) => void };

const STREAM_ID = 1;

/** tRPC's WebSocket protocol by hand. Parses JSON only for answers that somebody waits for. */
export class TrpcSocket {
	onSignal: () => void = () => {};
	onTaken: () => void = () => {};
	/** Every item of the stream that is no signal, as it came. */
	onItem: (text: string) => void = () => {};
	/** The newest seq that the stream has brought, of the mailbox's first epoch. */
	seq = 0;
	acked = 0;
	#socket!: WebSocket;
	#lastId = STREAM_ID;
	/** The send in flight: its answer is told, not parsed. */
	#sendId = 0;
	#begun: (() => void) | null = null;
	readonly #waiting = new Map<number, Waiting>();

	static async open(url: string, headers: Record<string, string> = {}): Promise<TrpcSocket> {
		const api = new TrpcSocket();
		api.#socket = await openSocket(url, (text) => api.#read(text), { headers });
		return api;
	}

	close(): void {
		this.#socket.terminate();
	}

	request<Data>(method: 'query' | 'mutation', path: string, input?: object): Promise<Data> {
		this.#lastId += 1;
		const id = this.#lastId;
		this.#socket.send(JSON.stringify({ id, method, params: { path, input } }));
		return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
	}

	/** @param input JSON; `onTaken` hears of the answer. One at a time. */
	mutate(path: string, input: string): void {
		this.#lastId += 1;
		this.#sendId = this.#lastId;
		this.#socket.send(
			`{"id":${this.#sendId},"method":"mutation","params":{"path":"${path}","input":${input}}}`
		);
	}

	/** Opens the stream, and waits for its first item: from then on nothing is missed. */
	follow(input: object): Promise<void> {
		this.#socket.send(
			JSON.stringify({ id: STREAM_ID, method: 'subscription', params: { path: 'inbox.stream', input } })
		);
		return new Promise((resolve) => (this.#begun = resolve));
	}

	#read(text: string): void {
		if (text === 'PING') return this.#socket.send('PONG');
		const id = readNumber(text, '{"id":'.length);
		if (id === STREAM_ID) return this.#readItem(text);
		const isData = text.startsWith('"result":', `{"id":${id},`.length);
		if (id === this.#sendId) {
			if (!isData) throw new Error(`A send was refused: ${text}`);
			this.#sendId = 0;
			return this.onTaken();
		}
		const one = this.#waiting.get(id);
		this.#waiting.delete(id);
		if (!isData) return one?.reject(new Error(text));
		one?.resolve((JSON.parse(text) as { result: { data: never } }).result.data);
	}

	/** `{"id":1,"result":{"type":"data","id":"EPOCH:SEQ:k","data":{"id":…,"data":{"type":"signal",…` */
	#readItem(text: string): void {
		const at = text.indexOf('"data":{"type":"signal"');
		if (at !== -1) {
			const from = text.indexOf('"id":"', STREAM_HEAD);
			const seq = readNumber(text, text.indexOf(':', from + 5) + 1);
			if (seq !== this.seq + 1)
				throw new Error(`Signal ${this.seq + 1} was due, and this came: ${text.slice(0, 80)}`);
			this.seq = seq;
			return this.onSignal();
		}
		if (text.includes('"error":')) throw new Error(`The stream failed: ${text}`);
		this.onItem(text);
		if (text.includes('"data":{"type":"state"')) this.#begun?.();
	}
}

const STREAM_HEAD = '{"id":1,"result":'.length;
