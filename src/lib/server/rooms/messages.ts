import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { RoomMessage } from '../../call/core/inbox';
import { MAX_MESSAGES_PER_PAGE } from '../../call/core/limits';
import type { Bus } from '../bus/bus';
import type { Db, DbOrTx, Tx } from '../db/client';
import { messages, rooms, users } from '../db/schema';
import { lockRoomFor, stampRoom } from './members';

export type NewMessage = {
	roomId: string;
	userId: string;
	/** Chosen by the author's client: sending the same one again changes nothing. */
	id: string;
	body: string;
};
export type MessagePage = {
	roomId: string;
	before?: number | undefined;
	after?: number | undefined;
	limit: number;
};

const columns = {
	id: messages.id,
	roomId: messages.roomId,
	n: messages.n,
	authorId: messages.authorId,
	authorName: users.displayName,
	body: messages.body,
	createdAt: messages.createdAt
};

const select = (db: DbOrTx) =>
	db.select(columns).from(messages).innerJoin(users, eq(users.id, messages.authorId));

/** Each room's messages: a log numbered 1, 2, … without holes, in the order of its commits. */
export function createMessages(deps: {
	db: Db;
	bus: Bus;
	memberIds: (db: DbOrTx, roomId: string) => Promise<string[]>;
}) {
	const { db, bus, memberIds } = deps;

	async function write(tx: Tx, message: NewMessage): Promise<{ kept: RoomMessage; stamp: number }> {
		const { userId, id, body } = message;
		// The room's id as Postgres spells it: what came in may be in capitals.
		const { id: roomId, lastN, changedAt } = await lockRoomFor(tx, message.roomId, userId);
		const n = lastN + 1;
		// The number is taken only if the row went in: a repetition leaves no hole.
		const added = await tx
			.insert(messages)
			.values({ roomId, n, id, authorId: userId, body })
			.onConflictDoNothing({ target: [messages.authorId, messages.id] })
			.returning({ n: messages.n });
		const stamp = added.length > 0 ? await stampRoom(tx, roomId, { lastN: n }) : changedAt;
		const [kept] = await select(tx).where(and(eq(messages.authorId, userId), eq(messages.id, id)));
		if (!kept) throw new Error('a message vanished');
		if (kept.roomId !== roomId || kept.body !== body) fail('message/id-taken');
		return { kept, stamp };
	}

	return {
		/**
		 * Sends one message, once, however often it is repeated.
		 *
		 * @throws {ParleyError} `room/not-found`; `message/id-taken` for the same id with another text or room
		 */
		async send(message: NewMessage): Promise<RoomMessage> {
			const { kept, stamp } = await db.transaction((tx) => write(tx, message));
			// Also after a repetition: the first time may have ended between its commit and this line.
			const topics = (await memberIds(db, kept.roomId)).map((id) => `user:${id}` as const);
			bus.publish(topics, { type: 'room', roomId: kept.roomId, stamp });
			return kept;
		},

		/**
		 * Part of a room's log, ascending: what comes right after `after`, or right before `before`, or the
		 * newest. Membership is the caller's to check.
		 */
		async page(page: MessagePage): Promise<{ messages: RoomMessage[]; lastN: number }> {
			const { roomId, before, after } = page;
			const forwards = after !== undefined;
			const found = await select(db)
				.where(
					and(
						eq(messages.roomId, roomId),
						before === undefined ? undefined : lt(messages.n, before),
						forwards ? gt(messages.n, after) : undefined
					)
				)
				.orderBy(forwards ? asc(messages.n) : desc(messages.n))
				.limit(Math.min(page.limit, MAX_MESSAGES_PER_PAGE));
			// Read after the messages, so it is never below what they show.
			const [room] = await db.select({ lastN: rooms.lastN }).from(rooms).where(eq(rooms.id, roomId));
			return { messages: forwards ? found : found.reverse(), lastN: room?.lastN ?? 0 };
		},

		async byN(roomId: string, n: number): Promise<RoomMessage | null> {
			const [message] = await select(db).where(and(eq(messages.roomId, roomId), eq(messages.n, n)));
			return message ?? null;
		}
	};
}

export type Messages = ReturnType<typeof createMessages>;
