import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Hostile, Sender } from './hostile-inputs';

/** What came back of one input, if anything did. */
export type Answer = { input: Hostile; status: number | null; text: string };
export type Credentials = Record<Sender, Record<string, string>>;

const GIVE_UP_MS = 400;
const ANSWER_MS = 10_000;
const AT_ONCE = 24;
const FRAMES_PER_TURN = 20;
const END = 'the end';
type Frame = Extract<Hostile, { way: 'frame' }>;

/** Does all of it, `AT_ONCE` at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	await Promise.all(
		Array.from({ length: AT_ONCE }, async () => {
			for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
		})
	);
}

/** What a frame asks for and must get an answer to; polls may wait. */
function idsOf(data: string | Uint8Array): unknown[] {
	try {
		const message = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data)) as {
			id?: unknown;
			method?: unknown;
			params?: { path?: unknown };
		};
		const { id, method, params } = message;
		const isCall = method === 'query' || method === 'mutation';
		return isCall && typeof params?.path === 'string' && params.path !== 'inbox.poll' && id !== null
			? [id]
			: [];
	} catch {
		return [];
	}
}

/** A 5xx, whichever way it is said. */
export function isServersFault({ status, text }: Answer): boolean {
	return (status !== null && status >= 500) || /"httpStatus":5\d\d|INTERNAL_SERVER_ERROR/.test(text);
}

export function createDrivers(
	serverUrl: string,
	credentials: Credentials,
	onAnswer: (answer: Answer) => void
) {
	const { hostname, port, origin } = new URL(serverUrl);
	const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

	function sendHttp(input: Extract<Hostile, { way: 'http' }>): Promise<void> {
		return new Promise((resolve) => {
			let text = '';
			let status: number | null = null;
			// A poll may wait, and a stream lasts: their clients go away.
			const timer = setTimeout(() => sent.destroy(), input.path.includes('inbox.') ? GIVE_UP_MS : ANSWER_MS);
			const done = () => {
				clearTimeout(timer);
				onAnswer({ input, status, text });
				resolve();
			};
			const sent = httpRequest(
				{
					hostname,
					port,
					agent,
					method: input.method,
					path: input.path,
					headers: { origin, ...credentials[input.as], ...input.headers }
				},
				(response) => {
					status = response.statusCode ?? 0;
					const isStream = response.headers['content-type'] === 'text/event-stream';
					response.setEncoding('utf8').on('data', (chunk: string) => {
						text += chunk;
						// A stream has begun: that was the answer.
						if (isStream && text.includes('event: connected') && text.length > 60) sent.destroy();
					});
					response.on('error', () => {});
					response.once('close', done);
				}
			);
			sent.once('error', () => status === null && done());
			sent.end(input.body);
		});
	}

	/** One socket, until its frames are answered, or it is closed. @returns how many were sent */
	function sendSome(as: Sender, inputs: readonly Frame[]): Promise<number> {
		return new Promise((resolve) => {
			const socket = new WebSocket(`${origin.replace('http', 'ws')}/trpc`, {
				headers: { origin, ...credentials[as] }
			});
			const unanswered = new Map<unknown, Frame>();
			let sent = 0;
			let asked = false;
			const timer = setTimeout(() => socket.terminate(), GIVE_UP_MS * 10);
			const lookForEnd = () => {
				if (asked && !unanswered.has(END))
					setTimeout(() => socket.terminate(), unanswered.size ? GIVE_UP_MS : 0);
			};
			socket.on('error', () => {});
			socket.once('close', () => {
				clearTimeout(timer);
				resolve(Math.max(1, sent));
			});
			socket.on('message', (data) => {
				const text = (data as Buffer).toString();
				const id = text === 'PONG' ? null : (JSON.parse(text) as { id: unknown }).id;
				const input = unanswered.get(id) ?? inputs[Math.max(0, sent - 1)];
				unanswered.delete(id);
				if (id !== END && input) onAnswer({ input, status: null, text });
				lookForEnd();
			});
			socket.once('open', () => {
				const pump = () => {
					if (socket.readyState !== WebSocket.OPEN) return;
					for (let n = 0; n < FRAMES_PER_TURN; n += 1) {
						const input = inputs[sent];
						if (!input) break;
						for (const id of idsOf(input.data)) unanswered.set(id, input);
						socket.send(input.data);
						sent += 1;
					}
					if (sent < inputs.length) return void setImmediate(pump);
					asked = true;
					unanswered.set(END, inputs[0]!);
					socket.send(JSON.stringify({ id: END, method: 'query', params: { path: 'auth.me' } }));
				};
				pump();
			});
		});
	}

	/** Frames of one sender, one after the other, on as many sockets as it takes. */
	async function sendFrames(as: Sender, inputs: readonly Frame[]): Promise<void> {
		for (let at = 0; at < inputs.length;) at += await sendSome(as, inputs.slice(at));
	}

	/** Sends, waits for a word or the end, goes. */
	function talk(prepare: (socket: Socket) => void, input: Hostile): Promise<void> {
		return new Promise((resolve) => {
			const socket = connect(Number(port), hostname);
			let text = '';
			const timer = setTimeout(() => socket.destroy(), GIVE_UP_MS / 8);
			socket.setEncoding('latin1');
			socket.on('data', (chunk: string) => (text += chunk));
			socket.on('error', () => {});
			socket.once('close', () => {
				clearTimeout(timer);
				const said = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
				onAnswer({ input, status: said ? Number(said) : null, text });
				resolve();
			});
			socket.once('connect', () => prepare(socket));
		});
	}

	function sendSocketBytes(input: Extract<Hostile, { way: 'socket-bytes' }>): Promise<void> {
		const headers = Object.entries({ host: `${hostname}:${port}`, origin, ...credentials[input.as] });
		const upgrade =
			`GET /trpc HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}` +
			'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
			'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
		return talk((socket) => {
			socket.once('data', () => socket.write(input.bytes));
			socket.write(upgrade);
		}, input);
	}

	return {
		async send(inputs: readonly Hostile[]): Promise<void> {
			const frames = new Map<Sender, Frame[]>();
			const others = inputs.filter((input) => {
				if (input.way !== 'frame') return true;
				frames.set(input.as, [...(frames.get(input.as) ?? []), input]);
				return false;
			});
			await Promise.all([
				...[...frames].map(([as, some]) => sendFrames(as, some)),
				inTurns(others, async (input) => {
					if (input.way === 'http') await sendHttp(input);
					else if (input.way === 'bytes') await talk((socket) => socket.write(input.bytes), input);
					else if (input.way === 'socket-bytes') await sendSocketBytes(input);
				})
			]);
		},
		close: () => agent.destroy()
	};
}
