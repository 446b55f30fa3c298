import { createContext } from 'svelte';
import type { Standing } from '../call/core/inbox';
import type { Link, LinkNews, LinkStatus } from '../link/link';

/** What every page shows of its viewer, whatever room is open: missed calls, and whether news can reach us. */
export class ViewerStore {
	missedCount = $state(0);
	/** Until then no call rings, on this device's clock; null while calls ring. */
	doNotDisturbUntil = $state<number | null>(null);
	/** Rises when a call has ended: histories are out of date. */
	endedCalls = $state(0);
	signedOut = $state(false);
	status = $state.raw<LinkStatus | null>(null);

	readonly #link: Pick<Link, 'api'>;
	/** What the server's clock is ahead of ours. */
	#clockOffsetMs = 0;
	#disturbable: ReturnType<typeof setTimeout> | undefined;

	constructor(link: Pick<Link, 'api'>, standing: Standing) {
		this.#link = link;
		this.missedCount = standing.missedCount;
		this.doNotDisturbUntil = standing.doNotDisturbUntil;
	}

	/** For what a page asks by itself, such as more of a list. */
	get api(): Link['api'] {
		return this.#link.api;
	}

	/** Follows a link's news. @returns a function that stops */
	follow(link: Pick<Link, 'listen'>): () => void {
		const stop = link.listen((news) => this.#receive(news));
		return () => {
			stop();
			clearTimeout(this.#disturbable);
		};
	}

	/** No call rings for so long; null: calls ring again. */
	async setDoNotDisturb(forMs: number | null): Promise<void> {
		const { until } = await this.api.calls.setDoNotDisturb.mutate({ forMs });
		this.#takeDoNotDisturb(until);
	}

	#takeDoNotDisturb(until: number | null): void {
		clearTimeout(this.#disturbable);
		this.doNotDisturbUntil = until === null ? null : until - this.#clockOffsetMs;
		if (this.doNotDisturbUntil === null) return;
		const leftMs = this.doNotDisturbUntil - Date.now(); // a week at most, which a timer holds
		this.#disturbable = setTimeout(() => (this.doNotDisturbUntil = null), leftMs);
	}

	#takeStanding({ missedCount, doNotDisturbUntil }: Standing): void {
		this.missedCount = missedCount;
		this.#takeDoNotDisturb(doNotDisturbUntil);
	}

	#receive(news: LinkNews): void {
		switch (news.type) {
			case 'state':
				this.#clockOffsetMs = news.state.serverNow - Date.now();
				this.#takeStanding(news.state);
				break;
			case 'standing':
				this.#takeStanding(news);
				break;
			case 'call':
				if (news.call.phase === 'ended') this.endedCalls += 1;
				break;
			case 'status':
				this.status = news.status;
				break;
			case 'signed-out':
				this.signedOut = true;
				break;
			default: // rooms and signals are others' business
		}
	}
}

export const [getViewer, setViewer] = createContext<ViewerStore>();
