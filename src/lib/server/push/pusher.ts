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

const LOOK_INTERVAL_MS = 500;
const AT_ONCE = 20;
/** People who are being told at the same time, each in up to ten browsers. */
const MAX_TELLING = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** What is over is news for a day, but not one that a service must be pressed for. */
const MAX_TRIES = 6;
const OVER_TTL_SECONDS = 24 * 60 * 60;
const STOP_WITHIN_MS = 1_000;

type Retry = { due: Due; to: readonly Subscription[]; tries: number; at: number };

/**
 * Tells closed browsers that a call rings, and that it rings no more. It looks for what is to be said in the rows, twice
 * a second, and takes no part in the transactions that write them. Any number of servers may do so on one database.
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
			const ttlSeconds =
				due.message.type === 'ring' ? Math.max(1, Math.floor(leftMs / 1_000)) : OVER_TTL_SECONDS;
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
		if (later.length > 0 && tries + 1 < MAX_TRIES) {
			retries.push({ due, to: later, tries: tries + 1, at: performance.now() + pauseMs });
		}
	}

	/** Each of its own: a ring may be over before its time has come, and then it is not told again. */
	async function tellAgain({ due, to, tries }: Retry): Promise<void> {
		const still = await takeAgain(db, due);
		if (still) await tell(still, to, tries);
	}

	/** @returns how many people are to be told of something */
	async function look(): Promise<number> {
		const now = performance.now();
		const ripe = retries.filter(({ at }) => at <= now);
		retries = retries.filter(({ at }) => at > now);
		for (const retry of ripe) begin(tellAgain(retry));
		if (telling.size >= MAX_TELLING) return 0;
		const found = await takeDue(db, AT_ONCE);
		if (found.length === 0) return 0;
		const subscriptions = await subscriptionsOf(db, [...new Set(found.map(({ userId }) => userId))]);
		for (const due of found) begin(tell(due, subscriptions.get(due.userId) ?? [], 0));
		return found.length;
	}

	return {
		look,
		/** Settles when nothing is being sent any more. */
		async settled(): Promise<void> {
			while (telling.size > 0) await Promise.all(telling);
		}
	};
}

/** Looks twice a second until it is stopped, and again at once while there is more to do. */
export function startPusher(deps: PusherDeps): { stop: () => Promise<void> } {
	const pusher = createPusher(deps);
	let stopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let running: Promise<void> = Promise.resolve();

	function loop(): void {
		running = pusher
			.look()
			.catch((error: unknown) => {
				deps.onError(error);
				return 0;
			})
			.then((found) => {
				if (!stopped) timer = setTimeout(loop, found === AT_ONCE ? 0 : LOOK_INTERVAL_MS);
			});
	}
	loop();

	return {
		/** What is being sent is waited for a moment; the rest another server says, or this one after its start. */
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await running;
			let late: NodeJS.Timeout | undefined;
			await Promise.race([
				pusher.settled(),
				new Promise((resolve) => (late = setTimeout(resolve, STOP_WITHIN_MS)))
			]);
			clearTimeout(late);
		}
	};
}
