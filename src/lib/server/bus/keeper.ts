import type { BusLog, Line, OpenLine } from './line';
import { isFrom, probeOf } from './message';
import { pause } from './pause';

/** A line on which nothing of our own came back for so long is asked … */
const PROBE_INTERVAL_MS = 1_000;
/** … and given up when the question does not come back either. */
const ECHO_WITHIN_MS = 1_000;
const OPEN_WITHIN_MS = 3_000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;

/** Waits for what we sent to come back. */
function createEcho(signal: AbortSignal, onMissing: (error: Error) => void) {
	let heardAt = 0;
	let onHeard = () => {};

	return {
		heardAt: () => heardAt,
		note() {
			heardAt = performance.now();
			onHeard();
		},
		/** Resolves at the next one, or when the line ends, as it does when there is none in time. */
		next(): Promise<void> {
			return new Promise((resolve) => {
				const done = () => {
					clearTimeout(timer);
					signal.removeEventListener('abort', done);
					onHeard = () => {};
					resolve();
				};
				const judge = () => {
					if (onHeard === done) onMissing(new Error('what was sent did not come back in time'));
				};
				// One more round first: what came while this process itself was busy is not read yet.
				const timer = setTimeout(() => setImmediate(judge), ECHO_WITHIN_MS);
				signal.addEventListener('abort', done);
				onHeard = done;
			});
		}
	};
}

type KeeperDeps = {
	/** How messages of this process begin: hearing one again proves the whole way, out and in. */
	origin: string;
	open: OpenLine;
	/** A message of somebody else. */
	onMessage: (text: string) => void;
	/** The line stands, or does not any more. Either way something may have been missed. */
	onTurn: () => void;
	log: BusLog;
	random?: () => number;
};

/**
 * Keeps one line standing. A connection may be half-open, or stand while nothing is delivered on it (a pooler in
 * transaction mode takes LISTEN and forgets it), so only the echo of our own message counts as proof. What does not
 * echo is thrown away, and another is opened.
 */
export function keepLine({ origin, open, onMessage, onTurn, log, random = Math.random }: KeeperDeps) {
	const closing = new AbortController();
	let standing: Line | null = null;
	let failures = 0;

	/** One line, from its opening to its end. Returns why it ended. */
	async function hold(): Promise<unknown> {
		const life = new AbortController();
		const end = (error?: unknown) => life.abort(error);
		const leave = () => end();
		closing.signal.addEventListener('abort', leave);
		const { signal } = life;
		const echo = createEcho(signal, end);

		try {
			const late = () => end(new Error(`not open after ${OPEN_WITHIN_MS} ms`));
			const opening = setTimeout(late, OPEN_WITHIN_MS);
			const line = await open({
				signal,
				onBroken: end,
				onMessage(text) {
					if (isFrom(origin, text)) echo.note();
					else onMessage(text);
				}
			}).finally(() => clearTimeout(opening));
			signal.throwIfAborted();
			for (;;) {
				const heard = echo.next();
				line.send([probeOf(origin)]).catch(end);
				await heard;
				signal.throwIfAborted();
				if (!standing) {
					standing = line;
					failures = 0;
					onTurn();
				}
				for (;;) {
					const leftMs = echo.heardAt() + PROBE_INTERVAL_MS - performance.now();
					if (leftMs <= 0) break;
					await pause(leftMs, signal);
					signal.throwIfAborted();
				}
			}
		} catch (error) {
			return signal.aborted ? signal.reason : error;
		} finally {
			closing.signal.removeEventListener('abort', leave);
			life.abort();
			const stood = standing !== null;
			standing = null;
			if (stood && !closing.signal.aborted) onTurn();
		}
	}

	async function keep(): Promise<void> {
		while (!closing.signal.aborted) {
			const error = await hold();
			if (closing.signal.aborted) return;
			// Once per outage: the operator hears of its beginning and its end.
			if (failures === 0) log.warn({ error }, 'no way to the other servers: they are heard every 2 s');
			else log.debug({ error }, 'still no way to the other servers');
			const mostMs = Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS);
			failures += 1;
			await pause(mostMs * (0.5 + random() / 2), closing.signal);
		}
	}

	const kept = keep();

	return {
		isStanding: () => standing !== null,
		/** Fails when no line stands just now. */
		send: async (messages: readonly string[]) => {
			if (!standing) throw new Error('there is no way to the other servers');
			await standing.send(messages);
		},
		async close() {
			closing.abort();
			await kept;
		}
	};
}
