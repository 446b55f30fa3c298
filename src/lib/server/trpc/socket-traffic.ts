import type { Encoder } from '@trpc/server/adapters/ws';
import type { ErrorDetails, ErrorKey } from '../../call/core/errors';
import { TokenBucket } from '../../call/core/token-bucket';
import { failureShape } from './failure-response';
import { MAX_BATCH, type Limits } from './limits';
import { clockMs, type SocketLife } from './socket-life';

type Id = string | number;
const MAX_ID_LENGTH = 64;
const MALFORMED_COSTS = 10;
const UNREADABLE = JSON.stringify({
	id: null,
	error: failureShape('input/invalid', { problem: 'PARSE_ERROR' })
});

type Request =
	| { id: Id | null; method: 'subscription.stop' }
	| { id: Id | null; method: 'query' | 'mutation' | 'subscription'; params: { path: string } };

type Answer = {
	id?: Id | null;
	result?: { type?: string };
	error?: { data?: { key?: string } };
};

/** Undefined for what is no JSON. */
function parsed(data: string | Uint8Array): unknown {
	try {
		return JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data));
	} catch {
		return undefined;
	}
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** What tRPC can read. */
function isRequest(message: unknown): message is Request {
	if (!isRecord(message)) return false;
	const { id, jsonrpc, method, params } = message;
	if (id !== null && typeof id !== 'string' && typeof id !== 'number') return false;
	if (jsonrpc !== undefined && jsonrpc !== '2.0') return false;
	if (method === 'subscription.stop') return true;
	if (method !== 'query' && method !== 'mutation' && method !== 'subscription') return false;
	if (!isRecord(params) || typeof params['path'] !== 'string') return false;
	return params['lastEventId'] === undefined || typeof params['lastEventId'] === 'string';
}

/**
 * What one socket may ask for. tRPC hands every message through its encoder, and this one counts: what is too much is
 * answered with a time, and does not reach a procedure; a flood ends the socket.
 *
 * A class, because every socket has one for as long as it stands: functions made per socket cost more than its numbers.
 */
export class SocketTraffic implements Encoder {
	readonly #limits: Limits;
	readonly #life: SocketLife;
	readonly #bucket: TokenBucket;
	readonly #pending = new Map<Id, 'subscription' | 'call'>();
	#subscriptions = 0;
	#waitMs = 0;

	constructor(limits: Limits, life: SocketLife, now: number) {
		this.#limits = limits;
		this.#life = life;
		this.#bucket = new TokenBucket(limits.socketMessages, now);
	}

	/** One message, ping or pong came, of whatever kind. */
	noteMessage(now: number): void {
		this.#life.noteHeard(now);
		this.#take(1, now);
	}

	decode(data: string | Uint8Array): unknown {
		if (!this.#life.isOpen) return [];
		this.#life.noteSpoke();
		const decoded = parsed(data);
		const messages: unknown[] = Array.isArray(decoded) ? decoded : [decoded];
		if (messages.length > 1) this.#take(messages.length - 1, clockMs());
		if (!this.#life.isOpen) return [];
		// A frame of which a part cannot be read is answered once, without an id, and nothing in it is asked. Not by
		// tRPC: it makes two errors with their stacks first, and nonsense must be cheaper than sense.
		if (messages.length > MAX_BATCH || !messages.every(isRequest)) {
			this.#countMalformed();
			this.#life.send(UNREADABLE);
			return [];
		}
		return messages.filter((message) => this.#admits(message));
	}

	encode(message: unknown): string {
		const text = JSON.stringify(message);
		this.#life.noteSending(text.length);
		if (isRecord(message)) {
			const { id, result, error } = message as Answer;
			if (error?.data?.key === 'input/invalid') this.#countMalformed();
			const goesOn = result?.type === 'data' || result?.type === 'started';
			if (id !== null && id !== undefined && !(goesOn && this.#pending.get(id) === 'subscription')) {
				this.#settle(id);
			}
		}
		return text;
	}

	/** An honest client sends none of these: they use up what a sender may do ten times as fast. */
	#countMalformed(): void {
		this.#take(MALFORMED_COSTS - 1, clockMs());
	}

	#take(count: number, now: number): void {
		this.#waitMs = this.#bucket.take(count, now);
		if (this.#bucket.isFlooded) this.#life.close('tooMany');
	}

	#settle(id: Id): void {
		if (this.#pending.get(id) === 'subscription') this.#subscriptions -= 1;
		this.#pending.delete(id);
	}

	/** @returns whether it may go on to tRPC */
	#admits(message: Request): boolean {
		const { id, method } = message;
		if (id === null || method === 'subscription.stop') return true;
		const path = message.params.path.slice(0, MAX_ID_LENGTH);
		if (typeof id === 'string' && id.length > MAX_ID_LENGTH) {
			return this.#refuse(id.slice(0, MAX_ID_LENGTH), path, 'input/invalid', {
				path: 'id',
				problem: 'too long'
			});
		}
		if (this.#pending.has(id)) {
			return this.#refuse(id, path, 'input/invalid', { path: 'id', problem: 'in use' });
		}
		const { inFlightPerSocket, subscriptionsPerSocket } = this.#limits;
		const subscribes = method === 'subscription';
		const full = this.#pending.size >= inFlightPerSocket;
		if (full || (subscribes && this.#subscriptions >= subscriptionsPerSocket) || this.#waitMs > 0) {
			return this.#refuse(id, path, 'request/too-many', { retryAfterMs: Math.max(this.#waitMs, 1_000) });
		}
		this.#pending.set(id, subscribes ? 'subscription' : 'call');
		if (subscribes) this.#subscriptions += 1;
		return true;
	}

	#refuse(id: Id, path: string, key: ErrorKey, details: ErrorDetails): false {
		if (key === 'input/invalid') this.#countMalformed();
		this.#life.send(JSON.stringify({ id, error: failureShape(key, details, path) }));
		return false;
	}
}
