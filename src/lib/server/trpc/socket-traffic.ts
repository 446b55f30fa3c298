import type { Encoder } from '@trpc/server/adapters/ws';
import { MAX_BATCH, type Limits } from './limits';
import { failureShape } from './failure-response';
import type { SocketLife } from './socket-life';
import { TokenBucket } from './token-bucket';

type Id = string | number;
const MAX_ID_LENGTH = 64;

type Request =
	| { id: Id | null; method: 'subscription.stop' }
	| { id: Id | null; method: 'query' | 'mutation' | 'subscription'; params: { path: string } };

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

type Traffic = {
	encoder: Encoder;
	/** One message, ping or pong came, of whatever kind. */
	noteMessage(now: number): void;
};

/**
 * What one socket may ask for. tRPC hands every message through its encoder, and this one counts: what is too much is
 * answered with a time, and does not reach a procedure; a flood ends the socket.
 */
export function createTraffic(limits: Limits, life: SocketLife, answer: (message: string) => void): Traffic {
	const bucket = new TokenBucket(limits.socketMessages, performance.now());
	const pending = new Map<Id, 'subscription' | 'call'>();
	let subscriptions = 0;
	let waitMs = 0;

	function refuse(id: Id, path: string, key: 'request/too-many' | 'input/invalid', details: object): void {
		answer(JSON.stringify({ id, error: failureShape(key, { ...details }, path) }));
	}

	function settle(id: Id): void {
		if (pending.get(id) === 'subscription') subscriptions -= 1;
		pending.delete(id);
	}

	/** @returns whether it may go on to tRPC */
	function admit(message: Request): boolean {
		const { id, method } = message;
		if (id === null || method === 'subscription.stop') return true;
		const path = message.params.path.slice(0, MAX_ID_LENGTH);
		if (typeof id === 'string' && id.length > MAX_ID_LENGTH) {
			refuse(id.slice(0, MAX_ID_LENGTH), path, 'input/invalid', { path: 'id', problem: 'too long' });
			return false;
		}
		if (pending.has(id)) {
			refuse(id, path, 'input/invalid', { path: 'id', problem: 'in use' });
			return false;
		}
		const subscribes = method === 'subscription';
		const full = pending.size >= limits.inFlightPerSocket;
		if (full || (subscribes && subscriptions >= limits.subscriptionsPerSocket) || waitMs > 0) {
			refuse(id, path, 'request/too-many', { retryAfterMs: Math.max(waitMs, 1_000) });
			return false;
		}
		pending.set(id, subscribes ? 'subscription' : 'call');
		if (subscribes) subscriptions += 1;
		return true;
	}

	return {
		noteMessage(now) {
			life.noteHeard(now);
			waitMs = bucket.take(1, now);
			if (bucket.isFlooded) life.close('tooMany');
		},
		encoder: {
			decode(data) {
				if (!life.isOpen) return [];
				life.noteSpoke();
				const decoded: unknown = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data));
				const messages: unknown[] = Array.isArray(decoded) ? decoded : [decoded];
				if (messages.length > 1) waitMs = bucket.take(messages.length - 1, performance.now());
				if (bucket.isFlooded) life.close('tooMany');
				if (!life.isOpen) return [];
				// tRPC answers a frame of which it cannot read a part once, without an id: nothing in it is asked.
				if (messages.length > MAX_BATCH || !messages.every(isRequest)) return null;
				return messages.filter(admit);
			},
			encode(message) {
				const text = JSON.stringify(message);
				life.noteSending(text.length);
				if (typeof message === 'object' && message !== null && 'id' in message) {
					const { id, result } = message as { id: Id | null; result?: { type?: string } };
					const goesOn =
						id !== null &&
						pending.get(id) === 'subscription' &&
						(result?.type === 'data' || result?.type === 'started');
					if (id !== null && !goesOn) settle(id);
				}
				return text;
			}
		}
	};
}
