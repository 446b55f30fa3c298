import { ERRORS } from '../call/core/errors';
import type { RoomMessage } from '../call/core/inbox';
import { failureOf } from '../link/api';
import { newId } from './new-id';
import {
	addMessages,
	gapAfter,
	hasEarlier,
	noteHead,
	openLog,
	stillOutgoing,
	type MessageLog,
	type OutgoingMessage
} from './message-log';

export type MessagePage = { messages: RoomMessage[]; lastN: number };

/** The two requests a room's log needs. */
export type MessageRequests = {
	page(range: { before?: number; after?: number; limit: number }): Promise<MessagePage>;
	send(message: { id: string; body: string }): Promise<RoomMessage>;
};

const PAGE_LENGTH = 50;
/** A gap is asked for again after this long, when the server could not be reached. */
const GAP_RETRY_MS = 3_000;
/** Further behind than this, the page starts anew from the end, and pages back on demand. */
const FARTHEST_GAP = 200;

/** One room's messages in this page: the log, kept whole, and what we are sending. */
export class RoomMessages {
	log = $state.raw<MessageLog>(openLog(0));
	/** Why earlier messages did not come, in words. */
	problem = $state('');
	loadingEarlier = $state(false);
	#outgoing = $state.raw<readonly OutgoingMessage[]>([]);
	readonly #userId: string;
	readonly #requests: MessageRequests;
	#filling = false;
	/** The newest message wins no race against the one written before it: one is in flight at a time. */
	#sending: Promise<void> = Promise.resolve();

	constructor(userId: string, requests: MessageRequests, firstPage: MessagePage) {
		this.#userId = userId;
		this.#requests = requests;
		// Asks for nothing yet: this also runs while the server renders.
		this.log = newest(firstPage);
	}

	/** What we wrote and the log does not show yet, in the order of writing. */
	readonly outgoing = $derived.by(() => stillOutgoing(this.log, this.#outgoing, this.#userId));

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

	/** Shows the message at once and sends it. */
	send(body: string): Promise<void> {
		const message: OutgoingMessage = {
			id: newId(),
			// As the server keeps it: what comes back under this id must be the same text.
			body: body.trim(),
			createdAt: Date.now(),
			status: 'sending',
			problem: ''
		};
		this.#outgoing = [...this.outgoing, message];
		return this.#enqueue(message);
	}

	/** Sends a failed message again under its id, so that it is never there twice. */
	retry(id: string): Promise<void> {
		const message = this.#outgoing.find((one) => one.id === id);
		if (message?.status !== 'failed') return Promise.resolve();
		this.#mark(id, 'sending');
		return this.#enqueue(message);
	}

	/** Gives up on a failed message. */
	discard(id: string): void {
		this.#outgoing = this.#outgoing.filter((one) => one.id !== id || one.status !== 'failed');
	}

	#enqueue({ id, body }: OutgoingMessage): Promise<void> {
		this.#sending = this.#sending.then(async () => {
			try {
				const message = await this.#requests.send({ id, body });
				this.#mark(id, 'sent');
				this.receive(message);
			} catch (error) {
				this.#mark(id, 'failed', describeProblem(error));
			}
		});
		return this.#sending;
	}

	#mark(id: string, status: OutgoingMessage['status'], problem = ''): void {
		this.#outgoing = this.#outgoing.map((one) => (one.id === id ? { ...one, status, problem } : one));
	}

	#put(log: MessageLog): void {
		this.log = log;
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
				this.log = log;
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

/** A failed request in words: the server's own when it answered. */
function describeProblem(error: unknown): string {
	const failure = failureOf(error);
	return failure ? ERRORS[failure.key].message : 'The server cannot be reached.';
}
