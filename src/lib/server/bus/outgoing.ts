import type { News, Topic } from './bus';
import type { Entry } from './message';

/** What a piece of news is about, on its topic. */
function keyOf(news: News): string {
	switch (news.type) {
		case 'call':
			return `call:${news.callId}`;
		case 'room':
		case 'membership':
			return `${news.type}:${news.roomId}`;
		case 'mailbox':
		case 'standing':
		case 'closed':
			return news.type;
	}
}

/** Which of two with the same key is the later one: epoch, version or stamp, then head. */
function isNewer(a: News, b: News): boolean {
	const [[major, minor], [otherMajor, otherMinor]] = [placeOf(a), placeOf(b)];
	return major > otherMajor || (major === otherMajor && minor > otherMinor);
}

function placeOf(news: News): [major: number, minor: number] {
	switch (news.type) {
		case 'call':
			return [news.version, 0];
		case 'room':
		case 'membership':
			return [news.stamp, 0];
		case 'mailbox':
			return [news.epoch, news.head];
		case 'standing':
			return [news.changedAt ?? 0, 0];
		case 'closed':
			return [0, 0];
	}
}

type Waiting = { topics: Set<Topic>; news: News };

/**
 * News on its way to the other servers. Of the same thing on one topic only the newest goes, in its latest place: who
 * was let into a room, put out, and let in again must hear of the last one last.
 */
export class Outgoing {
	readonly #waiting = new Set<Waiting>();
	readonly #holders = new Map<string, Waiting>();

	/** How many wake-ups wait, counted by topic. */
	get size(): number {
		return this.#holders.size;
	}

	add(topics: readonly Topic[], news: News): void {
		const added: Waiting = { topics: new Set(), news };
		const key = keyOf(news);
		for (const topic of new Set(topics)) {
			const slot = `${topic} ${key}`;
			const before = this.#holders.get(slot);
			// Two that were committed one after the other may be told the other way round.
			if (before && isNewer(before.news, news)) continue;
			before?.topics.delete(topic);
			if (before?.topics.size === 0) this.#waiting.delete(before);
			added.topics.add(topic);
			this.#holders.set(slot, added);
		}
		if (added.topics.size > 0) this.#waiting.add(added);
	}

	/** Everything that waits, oldest first; nothing waits afterwards. */
	take(): Entry[] {
		const taken = [...this.#waiting].map(({ topics, news }): Entry => [[...topics], news]);
		this.#waiting.clear();
		this.#holders.clear();
		return taken;
	}
}
