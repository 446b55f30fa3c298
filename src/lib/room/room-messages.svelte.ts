import type { CallText } from '../call/core/channel-message';
import { ERRORS } from '../call/core/errors';
import type { RoomMessage } from '../call/core/inbox';
import { failureOf } from '../link/api';
import { addMessages, gapAfter, hasEarlier, noteHead, openLog, type MessageLog } from './message-log';
import { newId } from './new-id';
import {
	discard,
	hear,
	linesOf,
	mark,
	noteOverdue,
	outgoingOf,
	ROOM_HAS_IT_WITHIN_MS,
	settle,
	write,
	type Line,
	type Pending
} from './pending';
import type { UnsentKeeper } from './unsent';

export type MessagePage = { messages: RoomMessage[]; lastN: number };

/** The two requests a room's log needs, and the short way. */
export type MessageRequests = {
	page(range: { before?: number; after?: number; limit: number }): Promise<MessagePage>;
	send(message: { id: string; body: string }): Promise<RoomMessage>;
	/** Says it to who is in a call of the room with us. @returns whether anybody was handed it */
	say?(message: { id: string; body: string }): boolean;
};

const PAGE_LENGTH = 50;
/** A gap is asked for again after this long, when the server could not be reached. */
const GAP_RETRY_MS = 3_000;
/** What the server was out of reach for is sent again after this long, then twice as long, and so on. */
const SEND_RETRY_MS = 2_000;
const MAX_SEND_RETRY_MS = 30_000;
/** Further behind than this, the page starts anew from the end, and pages back on demand. */
const FARTHEST_GAP = 200;

/** One room's messages in this page: the log, kept whole, and what it does not show yet (`pending.ts`). */
export class RoomMessages {
	log = $state.raw<MessageLog>(openLog(0));
	/** Why earlier messages did not come, in words. */
	problem = $state('');
	loadingEarlier = $state(false);
	#pending = $state.raw<readonly Pending[]>([]);
	readonly #userId: string;
	readonly #requests: MessageRequests;
	/** The lines of this log and these. */
	#shown: { log: MessageLog; pending: readonly Pending[]; lines: readonly Line[] } | undefined;
	#keeper: UnsentKeeper | null = null;
	#filling = false;
	/** The newest message wins no race against the one written before it: one is in flight at a time. */
	#busy = false;
	#sent: Promise<void> = Promise.resolve();
	#retryMs = SEND_RETRY_MS;
	#retry: ReturnType<typeof setTimeout> | undefined;

	constructor(userId: string, requests: MessageRequests, firstPage: MessagePage) {
		this.#userId = userId;
		this.#requests = requests;
		// Asks for nothing yet: this also runs while the server renders.
		this.log = newest(firstPage);
	}

	/** All there is to read: the room's own, and behind it what it does not have yet. */
	get lines(): readonly Line[] {
		const [log, pending] = [this.log, this.#pending];
		// No `$derived`: it would end with the page that opened the room first, and this outlives pages.
		if (this.#shown?.log !== log || this.#shown.pending !== pending) {
			this.#shown = { log, pending, lines: linesOf(log, pending) };
		}
		return this.#shown.lines;
	}

	/** What we wrote and the log does not show yet, in the order of writing. */
	get outgoing() {
		return outgoingOf(settle(this.#pending, this.log));
	}

	get hasEarlier(): boolean {
		return hasEarlier(this.log);
	}

	/** Takes the newest page, as the server rendered it. */
	adopt(page: MessagePage): void {
		const first = page.messages[0]?.n ?? page.lastN + 1;
		const far = first - this.log.to > FARTHEST_GAP;
		this.#put(far ? newest(page) : noteHead(addMessages(this.log, page.messages), page.lastN));
	}

	receive(message: RoomMessage): void {
		this.#put(addMessages(this.log, [message]));
	}

	noteHead(lastN: number): void {
		this.#put(noteHead(this.log, lastN));
	}

	async loadEarlier(): Promise<void> {
		if (this.loadingEarlier || !this.hasEarlier) return;
		this.loadingEarlier = true;
		this.problem = '';
		try {
			const { messages } = await this.#requests.page({ before: this.log.from, limit: PAGE_LENGTH });
			this.#put(addMessages(this.log, messages));
		} catch (error) {
			this.problem = describeProblem(error);
		} finally {
			this.loadingEarlier = false;
		}
	}

	/** In a browser, once: takes back what a page before this one could not send, and keeps what this one cannot. */
	keepUnsent(keeper: UnsentKeeper): void {
		if (this.#keeper) return;
		this.#keeper = keeper;
		for (const message of keeper.read()) {
			this.#pending = write(this.#pending, { ...message, authorId: this.#userId, inCall: false });
		}
		this.#change(this.#pending);
		void this.#pump();
	}

	/** Shows the message at once, says it in the room's call if there is one, and sends it. */
	send(text: string): Promise<void> {
		// As the server keeps it: what comes back under this id must be the same text.
		const message = { id: newId(), body: text.trim() };
		const inCall = this.#requests.say?.(message) ?? false;
		const added = { ...message, inCall, authorId: this.#userId, createdAt: Date.now() };
		this.#change(write(this.#pending, added));
		return this.#pump();
	}

	/** Somebody has said it in the room's call; the room will have it, too. */
	hear(text: CallText): void {
		const before = this.#pending;
		this.#pending = hear(before, this.log, text, Date.now());
		if (this.#pending === before) return;
		setTimeout(() => (this.#pending = noteOverdue(this.#pending, text)), ROOM_HAS_IT_WITHIN_MS);
	}

	/** Says in the call what the room does not have yet: somebody can hear it now who could not before. */
	sayAgain(): void {
		for (const { id, body, status } of this.outgoing) {
			if (status !== 'failed' && this.#requests.say?.({ id, body })) this.#mark(id, { inCall: true });
		}
	}

	/** The server can be reached again: what waits for it need wait no longer. */
	tryAgain(): void {
		this.#retryMs = SEND_RETRY_MS;
		void this.#pump();
	}

	/** Sends a failed message again under its id, so that it is never there twice. */
	retry(id: string): Promise<void> {
		const message = this.outgoing.find((one) => one.id === id);
		if (message?.status !== 'failed' && message?.status !== 'waiting') return Promise.resolve();
		this.#mark(id, { status: 'sending' });
		this.#retryMs = SEND_RETRY_MS;
		return this.#pump();
	}

	/** Gives up on a message that is not on its way. */
	discard(id: string): void {
		this.#change(discard(this.#pending, id));
	}

	#pump(): Promise<void> {
		if (!this.#busy) {
			this.#busy = true;
			this.#sent = this.#sendAll();
		}
		return this.#sent;
	}

	/** One after the other, until none is left or the server cannot be reached. */
	async #sendAll(): Promise<void> {
		clearTimeout(this.#retry);
		for (let next = this.#nextToSend(); next; next = this.#nextToSend()) {
			// It goes on saying that it waits: nobody wants to read, or hear, of every try.
			try {
				const message = await this.#requests.send({ id: next.id, body: next.body });
				this.#retryMs = SEND_RETRY_MS;
				this.#mark(next.id, { status: 'sent' });
				this.receive(message);
			} catch (error) {
				if (isOutOfReach(error)) {
					this.#waitForServer();
					break;
				}
				this.#mark(next.id, { status: 'failed', problem: describeProblem(error) });
			}
		}
		this.#busy = false;
	}

	#nextToSend() {
		return this.outgoing.find(({ status }) => status === 'sending' || status === 'waiting');
	}

	/** Those behind it would not get through either, and must not overtake it. */
	#waitForServer(): void {
		for (const { id, status } of this.outgoing)
			if (status === 'sending') this.#mark(id, { status: 'waiting' });
		if (!this.#nextToSend()) return;
		this.#retry = setTimeout(() => void this.#pump(), this.#retryMs);
		this.#retryMs = Math.min(this.#retryMs * 2, MAX_SEND_RETRY_MS);
	}

	#mark(id: string, change: Parameters<typeof mark>[2]): void {
		this.#change(mark(this.#pending, id, change));
	}

	#change(pending: readonly Pending[]): void {
		this.#pending = settle(pending, this.log);
		this.#keeper?.write(outgoingOf(this.#pending).filter(({ status }) => status !== 'sent'));
	}

	#put(log: MessageLog): void {
		this.log = log;
		if (this.#pending.length > 0) this.#change(this.#pending);
		void this.#fill();
	}

	/** Asks for what is missing until nothing is. */
	async #fill(): Promise<void> {
		if (this.#filling) return;
		this.#filling = true;
		try {
			for (let after = gapAfter(this.log); after !== null; after = gapAfter(this.log)) {
				const page = await this.#requests.page({ after, limit: PAGE_LENGTH });
				const log = noteHead(addMessages(this.log, page.messages), page.lastN);
				if (log.to === after) break; // the server has no more than this; the next news asks again
				this.#put(log);
			}
		} catch {
			setTimeout(() => void this.#fill(), GAP_RETRY_MS);
		} finally {
			this.#filling = false;
		}
	}
}

/** The log of a page that holds a room's newest messages. */
function newest({ messages, lastN }: MessagePage): MessageLog {
	return noteHead(addMessages(openLog(messages.at(-1)?.n ?? lastN), messages), lastN);
}

/** The server has not said no: the same may well be taken later. */
function isOutOfReach(error: unknown): boolean {
	const key = failureOf(error)?.key;
	return key === undefined || key === 'server/unavailable';
}

/** A failed request in words: the server's own when it answered. */
function describeProblem(error: unknown): string {
	const failure = failureOf(error);
	return failure ? ERRORS[failure.key].message : 'The server cannot be reached.';
}
