import { createContext } from 'svelte';
import type { Link, LinkNews, LinkStatus } from '../link/link';

/** What every page shows of its viewer, whatever room is open: missed calls, and whether news can reach us. */
export class ViewerStore {
	missedCount = $state(0);
	/** Rises when a call has ended: histories are out of date. */
	endedCalls = $state(0);
	signedOut = $state(false);
	status = $state.raw<LinkStatus | null>(null);

	readonly #link: Pick<Link, 'api'>;

	constructor(link: Pick<Link, 'api'>, missedCount: number) {
		this.#link = link;
		this.missedCount = missedCount;
	}

	/** For what a page asks by itself, such as more of a list. */
	get api(): Link['api'] {
		return this.#link.api;
	}

	/** Follows a link's news. @returns a function that stops */
	follow(link: Pick<Link, 'listen'>): () => void {
		return link.listen((news) => this.#receive(news));
	}

	#receive(news: LinkNews): void {
		switch (news.type) {
			case 'state':
				this.missedCount = news.state.missedCount;
				break;
			case 'missed':
				this.missedCount = news.missedCount;
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
