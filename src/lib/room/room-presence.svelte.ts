import type { MemberPresence, Presence } from '../call/core/presence';
import { watchPage } from '../link/page-events';
import { RepeatedQuery } from '../link/repeated-query';
import { presenceWords } from './presence-words';

/** How somebody is to be found, and the same in words. */
export type ShownPresence = { readonly presence: Presence; readonly words: string };

/** What begins or ends a call is told in several pieces of news, and makes work enough just then. */
const ASKED_AFTER_MS = 500;

type RoomPresenceDeps = {
	readonly ask: (options: { signal: AbortSignal }) => Promise<readonly MemberPresence[]>;
	/** Unix milliseconds on the server's clock. */
	readonly serverNow: () => number;
	readonly watch?: typeof watchPage;
};

/**
 * Who of a room is there, as long as its page is looked at. Shows nothing rather than what is not known: before the first answer,
 * and when there was none for a while.
 */
export class RoomPresence {
	#shown = $state.raw<ReadonlyMap<string, ShownPresence>>(new Map());
	readonly #watch: typeof watchPage;
	readonly #query: RepeatedQuery<readonly MemberPresence[]>;
	#following = false;
	#soon: ReturnType<typeof setTimeout> | undefined;

	constructor({ ask, serverNow, watch = watchPage }: RoomPresenceDeps) {
		this.#watch = watch;
		this.#query = new RepeatedQuery({
			ask,
			onAnswer: (people) => {
				const now = serverNow();
				this.#shown = new Map(
					people?.map((one) => [one.userId, { presence: one.presence, words: presenceWords(one, now) }])
				);
			}
		});
	}

	/** Null while it is not known. */
	of(userId: string | undefined): ShownPresence | null {
		return this.#shown.get(userId ?? '') ?? null;
	}

	/** Asks while the page is visible. @returns a function that stops for good */
	follow(): () => void {
		this.#following = true;
		let hidden = false;
		const stopWatching = this.#watch((event) => {
			if (event === 'hidden') this.#query.pause();
			if (event === 'woken') this.#query.start();
			if (event === 'online') this.#query.hurry();
			hidden = event === 'hidden';
		});
		if (!hidden) this.#query.start();
		return () => {
			this.#following = false;
			stopWatching();
			clearTimeout(this.#soon);
			this.#query.stop();
		};
	}

	/** Somebody's presence may have changed just now. */
	askSoon(): void {
		if (!this.#following) return; // the first answer is on its way, or nobody looks
		this.#soon ??= setTimeout(() => {
			this.#soon = undefined;
			this.#query.hurry();
		}, ASKED_AFTER_MS);
	}
}
