/**
 * Wake-ups between whoever changed something and whoever shows it. Carries ids, never data: a listener
 * that hears of a change reads it from the database, so a lost or doubled wake-up loses nothing but time.
 */
export type Topic = `user:${string}` | `device:${string}` | `session:${string}`;

export type News =
	/** A call that this user may see has a new version. */
	| { type: 'call'; callId: string }
	/** The count of missed calls changed. */
	| { type: 'missed' }
	/** A room of this user is new, renamed, has other members, or is at another N. */
	| { type: 'room'; roomId: string }
	/** This user is not in that room any more. */
	| { type: 'room-gone'; roomId: string }
	/** The device's mailbox has moved. */
	| { type: 'mailbox'; epoch: number; head: number }
	/** The session, token or device is over: close what it holds open. */
	| { type: 'closed' };

export interface Bus {
	/** Tells every listener of these topics. Call it after the commit, never before. */
	publish(topics: readonly Topic[], news: News): void;
	/** @returns a function that stops listening */
	subscribe(topics: readonly Topic[], listener: (news: News, topic: Topic) => void): () => void;
	/** Hears everything: for who counts changes rather than shows them. @returns a function that stops listening */
	subscribeAll(listener: (news: News, topic: Topic) => void): () => void;
	close(): Promise<void>;
}
