import type { CallNotice } from './view';

const NOTICE_LIFETIME_MS = 8_000;

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

	say(text: string, tone: CallNotice['tone'], from: { callId: string | null; roomId: string | null }): void {
		this.#lastId += 1;
		this.#set({ id: this.#lastId, text, tone, callId: from.callId, roomId: from.roomId });
		if (tone === 'neutral') this.#timer = setTimeout(() => this.#set(null), NOTICE_LIFETIME_MS);
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
