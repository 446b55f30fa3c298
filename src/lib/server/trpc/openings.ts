import { fail } from '../../call/core/errors';
import type { Identity } from '../auth/accounts';
import { addressKey } from '../auth/address';
import type { Limits } from './limits';

/** Something that somebody holds open: a socket, a stream, a poll that waits. */
export type Opening = {
	kind: 'socket' | 'request';
	identity: Identity | null;
	ip: string;
	/** We are on our way out: go elsewhere. */
	leave(): void;
	/** The session or token behind it is over. */
	end?: () => void;
};

type OpeningsDeps = {
	limits: Limits;
	/** Hears when a session or token is over. @returns a function that stops listening */
	onIdentityOver: (identityId: string, listener: () => void) => () => void;
	/** Until when a session lives, Unix milliseconds: it may have been prolonged meanwhile. Null: it is gone. */
	sessionExpiry: (sessionId: string) => Promise<number | null>;
	/** Ends whatever a session holds open, here and elsewhere. */
	announceOver: (identityId: string) => void;
	onError: (error: unknown) => void;
};

/** Everything of one identity. Its session's end is watched once, however much it holds open. */
type Holder = {
	openings: Opening[];
	stop: () => void;
	expiry: NodeJS.Timeout | undefined;
};

/** What timers can hold; a session may live longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const RETRY_EXPIRY_MS = 1_000;
const FULL_RETRY_MS = 5_000;

export type Openings = ReturnType<typeof createOpenings>;

/** Keeps what is held open: to count it, to end it with its session, and to send it elsewhere before we go. */
export function createOpenings(deps: OpeningsDeps) {
	const { limits } = deps;
	const all = new Set<Opening>();
	const holders = new Map<string, Holder>();
	const anonymous = new Map<string, number>();
	const emptied = new Set<() => void>();
	let draining = false;

	function watchExpiry(identity: Identity, holder: Holder, expiresAt: number): void {
		const untilMs = Math.min(MAX_TIMER_MS, Math.max(0, expiresAt - Date.now()));
		holder.expiry = setTimeout(() => void checkExpiry(identity, holder), untilMs).unref();
	}

	async function checkExpiry(identity: Identity, holder: Holder): Promise<void> {
		let expiresAt: number | null;
		try {
			expiresAt = await deps.sessionExpiry(identity.id);
		} catch (error) {
			deps.onError(error);
			expiresAt = Date.now() + RETRY_EXPIRY_MS; // the database is away: nobody is thrown out for that
		}
		if (holders.get(identity.id) !== holder) return;
		if (expiresAt === null || expiresAt <= Date.now()) deps.announceOver(identity.id);
		else watchExpiry(identity, holder, expiresAt);
	}

	function holderOf(identity: Identity): Holder {
		const known = holders.get(identity.id);
		if (known) return known;
		const stop = deps.onIdentityOver(identity.id, () => {
			for (const opening of [...holder.openings]) opening.end?.();
		});
		const holder: Holder = { openings: [], stop, expiry: undefined };
		holders.set(identity.id, holder);
		if (identity.expiresAt !== null) watchExpiry(identity, holder, identity.expiresAt);
		return holder;
	}

	function openFor(identity: Identity, opening: Opening): () => void {
		const { kind } = opening;
		const most = kind === 'socket' ? limits.socketsPerIdentity : limits.requestsPerIdentity;
		const held = holders.get(identity.id)?.openings.filter((one) => one.kind === kind) ?? [];
		if (held.length >= most) fail('request/too-many', { retryAfterMs: FULL_RETRY_MS });
		const holder = holderOf(identity);
		holder.openings.push(opening);
		return () => {
			holder.openings = holder.openings.filter((one) => one !== opening);
			if (holder.openings.length > 0) return;
			holder.stop();
			clearTimeout(holder.expiry);
			holders.delete(identity.id);
		};
	}

	function openForAddress(opening: Opening): () => void {
		const address = addressKey(opening.ip);
		const count = anonymous.get(address) ?? 0;
		if (count >= limits.anonymousSocketsPerAddress) fail('request/too-many', { retryAfterMs: FULL_RETRY_MS });
		anonymous.set(address, count + 1);
		return () => {
			const left = (anonymous.get(address) ?? 1) - 1;
			if (left > 0) anonymous.set(address, left);
			else anonymous.delete(address);
		};
	}

	return {
		get isDraining(): boolean {
			return draining;
		},

		/**
		 * @returns a function to call when it has ended
		 * @throws {ParleyError} `request/too-many` with `retryAfterMs`
		 */
		open(opening: Opening): () => void {
			const forget = opening.identity ? openFor(opening.identity, opening) : openForAddress(opening);
			all.add(opening);
			// Who comes while we drain is served, and not kept.
			if (draining) setImmediate(opening.leave);
			return () => {
				if (!all.delete(opening)) return;
				forget();
				if (all.size === 0) for (const tell of [...emptied]) tell();
			};
		},

		/**
		 * Sends everybody elsewhere, each at a moment of their own within `spreadMs`: all at once, they would come back
		 * all at once.
		 *
		 * @returns when nothing is open any more, `withinMs` have passed, or `signal` aborts
		 */
		async drain(spreadMs: number, withinMs: number, signal: AbortSignal): Promise<void> {
			draining = true;
			if (all.size === 0 || signal.aborted) return;
			const timers = [...all].map((opening) => setTimeout(opening.leave, Math.random() * spreadMs));
			await new Promise<void>((resolve) => {
				emptied.add(resolve);
				signal.addEventListener('abort', () => resolve(), { once: true });
				timers.push(setTimeout(resolve, withinMs));
			});
			emptied.clear();
			for (const timer of timers) clearTimeout(timer);
		},

		/** Forgets everything; what is open must be ended by whoever holds it. */
		close(): void {
			for (const { stop, expiry } of holders.values()) {
				stop();
				clearTimeout(expiry);
			}
			holders.clear();
			all.clear();
		}
	};
}
