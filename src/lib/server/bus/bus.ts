import { z } from 'zod';

/**
 * Wake-ups between whoever changed something and whoever shows it. Carries ids, never data: a listener
 * that hears of a change reads it from the database, so a lost or doubled wake-up loses nothing but time.
 */
export type Topic = `user:${string}` | `device:${string}` | `session:${string}`;

const id = z.uuid();
/** An instant of the database, as `changed_at` and the like hold them: under a row's lock, a version too. */
const stamp = z.number().nonnegative();

/** One schema for what is told in this process and for what other servers say. */
export const news = z.discriminatedUnion('type', [
	/** A call that this user may see has this version now. */
	z.object({ type: z.literal('call'), callId: id, version: z.int().nonnegative() }),
	/** What only this user sees of themselves changed; without a stamp when a call did it, whose version says so. */
	z.object({ type: z.literal('standing'), changedAt: stamp.nullable() }),
	/** A room of this user is new, renamed, has other members, or is at another N. `stamp` is its `changed_at`. */
	z.object({ type: z.literal('room'), roomId: id, stamp }),
	/** What this user alone sees of that room changed: they are out of it, have read on, or set how it rings. */
	z.object({ type: z.literal('membership'), roomId: id, stamp }),
	/** The device's mailbox has moved. */
	z.object({ type: z.literal('mailbox'), epoch: z.int().positive(), head: z.int().nonnegative() }),
	/** The session, token or device is over: close what it holds open. */
	z.object({ type: z.literal('closed') })
]);

export type News = z.infer<typeof news>;

export interface Bus {
	/**
	 * Tells every listener of these topics: those of this process before it returns, those of other servers as soon as
	 * what is on its way has gone. Call it after the commit, never before. Never throws, never waits for a network.
	 */
	publish(topics: readonly Topic[], news: News): void;
	/** Tells the listeners of this process alone: what was found in the database, every process finds there. */
	publishHere(topics: readonly Topic[], news: News): void;
	/** @returns a function that stops listening */
	subscribe(topics: readonly Topic[], listener: (news: News, topic: Topic) => void): () => void;
	/** Hears everything: for who counts changes rather than shows them. @returns a function that stops listening */
	subscribeAll(listener: (news: News, topic: Topic) => void): () => void;
	/**
	 * Hears when news of other servers may have been missed: the way to them broke, stalled, or stands again. What is
	 * remembered from news is not to be trusted until the database was asked. @returns a function that stops listening
	 */
	onDoubt(listener: () => void): () => void;
	close(): Promise<void>;
}
