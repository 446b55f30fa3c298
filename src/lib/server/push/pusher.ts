import type { Db } from '../db/client';
import { finish, takeAgain, takeDue, type Due } from './due';
import type { Keys } from './keys';
import { sendPush } from './send';
import { forgetSubscriptions, subscriptionsOf, type Subscription } from './subscriptions';

export type PusherDeps = {
	db: Db;
	keys: () => Promise<Keys>;
	/** Who answers for us, to push services (RFC 8292). */
	subject: string;
	mayPush: (endpoint: string) => boolean;
	/** A push that a service did not take. Its host alone: who knows an endpoint may send there. */
	onTrouble: (trouble: { host: string; why: string }) => void;
	onError: (error: unknown) => void;
};

export type Pusher = ReturnType<typeof createPusher>;

const LOOK_INTERVAL_MS = 500;
const AT_ONCE = 20;
/** People who are being told at the same time, each in up to ten browsers. */
const MAX_TELLING = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A ring is tried for as long as it rings. What is over is news for a day, but no service must be pressed for it. */
const MAX_OVER_TRIES = 6;
const OVER_TTL_SECONDS = 24 * 60 * 60;
const CLOSE_WITHIN_MS = 1_000;

/** How long a push service may keep a ring: no longer than it rings, but for a last moment, which 0 would not outlive. */
export function ringTtlSeconds(leftMs: number): number {
	return Math.max(1, Math.floor(leftMs / 1_000));
}

type Retry = { due: Due; to: readonly Subscription[]; tries: number; at: number };

/**
 * Tells closed browsers that a call rings, and that it rings no more. Each look finds in the rows what is to be
 * said, and takes no part in the transactions that write them. Any number of servers may do so on one database.
 */
export function createPusher({ db, keys, subject, mayPush, onTrouble, onError }: PusherDeps) {
	const telling = new Set<Promise<void>>();
	let retries: Retry[] = [];

	/** Goes on by itself. What fails is not waited for by anybody. */
	function begin(work: Promise<void>): void {
		const one = work.catch(onError).finally(() => telling.delete(one));
		telling.add(one);
	}

	async function tell(due: Due, to: readonly Subscription[], tries: number): Promise<void> {
		const vapid = { ...(await keys()), subject };
		const since = performance.now();
		const gone: string[] = [];
		const later: Subscription[] = [];
		let pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);

		async function send(subscription: Subscription): Promise<void> {
			// What the operator allows may have changed since it was told.
			if (!mayPush(subscription.endpoint)) return void gone.push(subscription.id);
			const leftMs = due.ringMsLeft - (performance.now() - since);
			if (due.message.type === 'ring' && leftMs <= 0) return;
			const ttlSeconds = due.message.type === 'ring' ? ringTtlSeconds(leftMs) : OVER_TTL_SECONDS;
			const answer = await sendPush(subscription, { message: due.message, ttlSeconds }, vapid);
			if (answer.type === 'taken') return;
			if (answer.type === 'gone') return void gone.push(subscription.id);
			onTrouble({ host: new URL(subscription.endpoint).host, why: answer.why });
			if (answer.type === 'refused') return;
			later.push(subscription);
			pauseMs = Math.max(pauseMs, answer.afterMs ?? 0);
		}
		await Promise.all(to.map(send));

		await forgetSubscriptions(db, gone);
		await finish(db, due);
		const isWorthIt = due.message.type === 'ring' || tries + 1 < MAX_OVER_TRIES;
		if (later.length > 0 && isWorthIt) {
			retries.push({ due, to: later, tries: tries + 1, at: performance.now() + pauseMs });
		}
	}

	/** Each of its own: a ring may be over before its time has come, and then it is not told again. */
	async function tellAgain({ due, to, tries }: Retry): Promise<void> {
		const still = await takeAgain(db, due);
		if (still) await tell(still, to, tries);
	}

	/** @returns whether there may be more */
	async function look(): Promise<boolean> {
		const now = performance.now();
		const ripe = retries.filter(({ at }) => at <= now);
		retries = retries.filter(({ at }) => at > now);
		for (const retry of ripe) begin(tellAgain(retry));
		if (telling.size >= MAX_TELLING) return false;
		const found = await takeDue(db, AT_ONCE);
		if (found.length === 0) return false;
		const subscriptions = await subscriptionsOf(db, [...new Set(found.map(({ userId }) => userId))]);
		for (const due of found) begin(tell(due, subscriptions.get(due.userId) ?? [], 0));
		return found.length === AT_ONCE;
	}

	async function settle(): Promise<void> {
		while (telling.size > 0) await Promise.all(telling);
	}

	return {
		/** Begins to say what is to be said now. @returns for how many milliseconds to pause before the next look */
		look: (): Promise<number> =>
			look().then(
				(hasMore) => (hasMore ? 0 : LOOK_INTERVAL_MS),
				(error: unknown) => {
					onError(error);
					return LOOK_INTERVAL_MS;
				}
			),

		/** Waits for what is being sent. */
		settle,

		/** The same, for a moment: the rest another server says, or this one after its start. */
		async close(): Promise<void> {
			let late: NodeJS.Timeout | undefined;
			await Promise.race([settle(), new Promise((resolve) => (late = setTimeout(resolve, CLOSE_WITHIN_MS)))]);
			clearTimeout(late);
		}
	};
}
