import type { Cursor, DeliveredSignal } from '../../call/core/signal';

/** `head` is how far the mailbox was known to be. */
export type MailboxRead = { epoch: number; head: number; signals: DeliveredSignal[] };

/** What the reading side needs of the mailboxes; `signals/` has it all. */
export type Mailboxes = {
	readMailbox: (deviceId: string, cursor: Cursor, limit: number) => Promise<MailboxRead>;
	mailboxHead: (deviceId: string) => Promise<Cursor>;
	/** What this server writes, handed over in memory. */
	openLane: (deviceId: string) => { take(at: Cursor): DeliveredSignal[]; close(): void };
	/** How far the mailbox is, as far as that is certain; null: ask the database, and note what it says. */
	knownHead: (deviceId: string) => Cursor | null;
	noteHead: (deviceId: string, head: Cursor) => void;
};

const READ_LIMIT = 200;

/** Whether `a` is behind `b`. Epochs only rise, and heads within one. */
export const isBehind = (a: Cursor, b: Cursor): boolean =>
	a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);

/**
 * One reader of one mailbox: from memory what was written on this server and comes right after the cursor; from the
 * database everything else; and from nowhere when the mailbox is known to be where the cursor is.
 */
export class MailboxReader {
	readonly #mailboxes: Mailboxes;
	readonly #deviceId: string;
	readonly #lane: ReturnType<Mailboxes['openLane']>;

	constructor(mailboxes: Mailboxes, deviceId: string) {
		this.#mailboxes = mailboxes;
		this.#deviceId = deviceId;
		this.#lane = mailboxes.openLane(deviceId);
	}

	async head(): Promise<Cursor> {
		const known = this.#mailboxes.knownHead(this.#deviceId);
		if (known) return known;
		const head = await this.#mailboxes.mailboxHead(this.#deviceId);
		this.#mailboxes.noteHead(this.#deviceId, head);
		return head;
	}

	/** @throws {ParleyError} `device/not-found` */
	async readOn(at: Cursor): Promise<MailboxRead> {
		const known = this.#mailboxes.knownHead(this.#deviceId);
		const handed = this.#lane.take(at);
		const last = handed.at(-1);
		// What waits of an epoch that is over is void.
		if (last && last.epoch === (known?.epoch ?? last.epoch)) {
			return { epoch: last.epoch, head: Math.max(last.seq, known?.seq ?? 0), signals: handed };
		}
		if (known && known.epoch === at.epoch && known.seq === at.seq) {
			return { epoch: at.epoch, head: at.seq, signals: [] };
		}
		const read = await this.#mailboxes.readMailbox(this.#deviceId, at, READ_LIMIT);
		this.#mailboxes.noteHead(this.#deviceId, { epoch: read.epoch, seq: read.head });
		return read;
	}

	close(): void {
		this.#lane.close();
	}
}
