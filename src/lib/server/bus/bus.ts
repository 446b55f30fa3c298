/**
 * Wake-ups between whoever changed something and whoever shows it. Carries ids, never data: a listener
 * that hears of a change reads it from the database, so a lost or doubled wake-up loses nothing but time.
 */
export type Topic = `user:${string}` | `device:${string}` | `session:${string}`;

export type News =
	/** A call that this user may see has this version now. */
	| { type: 'call'; callId: string; version: number }
	/** The count of missed calls changed; `seenAt`: because they were looked at, then. */
	| { type: 'missed'; seenAt: number | null }
	/** A room of this user is new, renamed, has other members, or is at another N. `stamp` is its `changed_at`. */
	| { type: 'room'; roomId: string; stamp: number }
	/** This user is not in that room any more, since its change with that stamp. */
	| { type: 'room-gone'; roomId: string; stamp: number }
	/** The device's mailbox has moved. */
	| { type: 'mailbox'; epoch: number; head: number }
	/** The session, token or device is over: close what it holds open. */
	| { type: 'closed' };

export interface Bus {
	/** Tells every listener of these topics. Call it after the commit, never before. */
	publish(topics: readonly Topic[], news: News): void;
	/** Tells the listeners of this process alone: what was found in the database, every process finds there. */
	publishHere(topics: readonly Topic[], news: News): void;
	/** @returns a function that stops listening */
	subscribe(topics: readonly Topic[], listener: (news: News, topic: Topic) => void): () => void;
	/** Hears everything: for who counts changes rather than shows them. @returns a function that stops listening */
	subscribeAll(listener: (news: News, topic: Topic) => void): () => void;
	/**
	 * Says that news may have been missed: the connection broke or stalled. Until the database was asked, do not
	 * trust what you remember. @returns a function that stops listening
	 */
	onDoubt(listener: () => void): () => void;
	close(): Promise<void>;
}
