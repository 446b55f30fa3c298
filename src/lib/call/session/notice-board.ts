import type { Words } from '../core/scene-words';
import type { CallNotice } from './view';

const NOTICE_LIFETIME_MS = 8_000;
/** There is a button to reach. */
const OFFER_LIFETIME_MS = 20_000;

/** What is said to the person just now. What happened goes by itself; what went wrong stays until it is read. */
export class NoticeBoard {
	readonly #onChange: () => void;
	#notice: CallNotice | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#lastId = 0;

	constructor(onChange: () => void) {
		this.#onChange = onChange;
	}

	get notice(): CallNotice | null {
		return this.#notice;
	}

	say(words: Words, about: CallNotice['about'] = null): void {
		this.#lastId += 1;
		this.#set({ ...words, id: this.#lastId, about });
		if (words.tone === 'problem') return;
		this.#timer = setTimeout(() => this.#set(null), words.offers ? OFFER_LIFETIME_MS : NOTICE_LIFETIME_MS);
	}

	dismiss(): void {
		this.#set(null);
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	#set(notice: CallNotice | null): void {
		clearTimeout(this.#timer);
		this.#notice = notice;
		this.#onChange();
	}
}
