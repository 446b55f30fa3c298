import { randomBytes } from 'node:crypto';
import type { Bus } from './bus';
import { keepLine } from './keeper';
import type { BusLog, OpenLine } from './line';
import { createMemoryBus } from './memory';
import { decodeNews, encodeNews } from './message';
import { Outgoing } from './outgoing';
import { pause } from './pause';

/** So much may wait behind a slow line. Past that it is lost: the database has it, and is asked every 2 s. */
const MAX_WAITING = 20_000;
/** What was published last goes out still, when that is quick. */
const CLOSE_WITHIN_MS = 500;
/** Whoever is on the line says something every second: of whom nothing is heard for so long, there is none. */
const OTHERS_GONE_AFTER_MS = 5_000;

/**
 * The bus between processes, over a line that may lose anything. One flush in flight, the next one gathers behind it:
 * a NOTIFY for each signal would cost two thirds of the rate.
 *
 * Alone on the line it says nothing: nobody would hear it. Who comes is heard within a moment of hearing us.
 */
export function createSharedBus({
	open,
	log,
	random,
	othersGoneAfterMs = OTHERS_GONE_AFTER_MS
}: {
	open: OpenLine;
	log: BusLog;
	random?: () => number;
	othersGoneAfterMs?: number;
}): Bus {
	const origin = randomBytes(6).toString('hex');
	const local = createMemoryBus();
	const doubters = new Set<() => void>();
	const outgoing = new Outgoing();
	let flushing: Promise<void> | null = null;
	let othersHeardAt = -Infinity;
	let stoodAt = -Infinity;
	let closed = false;

	const line = keepLine({ origin, open, onMessage: hear, onTurn, log, ...(random && { random }) });

	const isLately = (at: number) => performance.now() - at < othersGoneAfterMs;

	function hear(text: string): void {
		if (!isLately(othersHeardAt)) log.info({}, 'another server is there');
		othersHeardAt = performance.now();
		const heard = decodeNews(text);
		if (!heard || heard.unreadable > 0) {
			log.debug({ length: text.length, unreadable: heard?.unreadable }, 'something on the bus is not ours');
		}
		for (const [topics, news] of heard?.entries ?? []) {
			try {
				local.publish(topics, news);
			} catch (error) {
				// The line's reader called us: it has done nothing wrong, and must read on.
				log.warn({ error, type: news.type }, 'a listener of the bus failed');
			}
		}
	}

	function onTurn(): void {
		if (line.isStanding()) {
			stoodAt = performance.now(); // there may be others, for all we know
			log.info({}, 'the other servers can be heard');
		}
		for (const doubt of [...doubters]) {
			try {
				doubt();
			} catch (error) {
				log.warn({ error }, 'a listener of the bus failed');
			}
		}
	}

	async function flush(): Promise<void> {
		await Promise.resolve(); // what is published in the same breath goes together
		while (outgoing.size > 0) {
			const entries = outgoing.take();
			try {
				await line.send(encodeNews(origin, entries));
			} catch (error) {
				log.warn({ error, lost: entries.length }, 'news did not reach the other servers');
			}
		}
		flushing = null;
	}

	return {
		publishHere: local.publish,
		subscribe: local.subscribe,
		subscribeAll: local.subscribeAll,
		publish(topics, news) {
			local.publish(topics, news);
			if (closed || !line.isStanding()) return;
			if (!isLately(othersHeardAt) && !isLately(stoodAt)) return;
			outgoing.add(topics, news);
			if (outgoing.size > MAX_WAITING) {
				log.warn({ lost: outgoing.take().length }, 'the way to the other servers is too slow');
			}
			flushing ??= flush();
		},
		onDoubt(listener) {
			doubters.add(listener);
			return () => doubters.delete(listener);
		},
		async close() {
			closed = true;
			const inTime = new AbortController();
			await Promise.race([flushing, pause(CLOSE_WITHIN_MS, inTime.signal)]);
			inTime.abort();
			await line.close();
			doubters.clear();
			await local.close();
		}
	};
}
