import type { ApiClient } from './api';
import type { Registration } from './registration';

/**
 * How long a poll may wait on the server, and how much longer we wait for its answer. Together well below a signal's
 * 30 s: on a network that swallows everything nobody else tells a long poll that it is dead.
 */
export const POLL_WAIT_MS = 15_000;
export const POLL_SLACK_MS = 8_000;

type Page = Awaited<ReturnType<ApiClient['inbox']['poll']['query']>>;

/** Polls, one at a time: what is asked later is heard alone. */
export class Poller {
	readonly #api: ApiClient;
	readonly #waitMs: number;
	readonly #slackMs: number;
	#current: AbortController | null = null;

	constructor(api: ApiClient, { waitMs = POLL_WAIT_MS, slackMs = POLL_SLACK_MS } = {}) {
		this.#api = api;
		this.#waitMs = waitMs;
		this.#slackMs = slackMs;
	}

	/**
	 * @param heard is told the outcome, unless the poll was stopped or another one began, and may ask whether that has
	 * happened since
	 */
	async poll(
		{ deviceId, reader, stateTag }: Registration,
		wait: boolean,
		heard: (outcome: { page: Page } | { error: unknown }, isCurrent: () => boolean) => void
	): Promise<void> {
		this.stop();
		const abort = new AbortController();
		this.#current = abort;
		const waitMs = wait ? this.#waitMs : 0;
		const input = { deviceId, cursor: reader.cursor, waitMs, ...(stateTag ? { stateTag } : {}) };
		const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(waitMs + this.#slackMs)]);
		let outcome: Parameters<typeof heard>[0];
		try {
			outcome = { page: await this.#api.inbox.poll.query(input, { signal }) };
		} catch (error) {
			outcome = { error };
		}
		const isCurrent = () => this.#current === abort;
		if (isCurrent()) heard(outcome, isCurrent);
	}

	/** Whatever is on its way is not heard any more. */
	stop(): void {
		this.#current?.abort();
		this.#current = null;
	}
}
