import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import { withoutBusy } from '../../call/core/call-projection';
import type { CallLine, RoomMessage } from '../../call/core/inbox';
import { MAX_MESSAGES_PER_PAGE } from '../../call/core/limits';
import type { Bus } from '../bus/bus';
import type { Db, DbOrTx, Tx } from '../db/client';
import { calls, messages, roomMembers, rooms, users } from '../db/schema';
import { isMember, lockRoomFor, stampRoom } from './members';

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
	createdAt: messages.createdAt,
	ofCall: {
		id: calls.id,
		kind: calls.kind,
		endReason: calls.endReason,
		activeAt: calls.activeAt,
		endedAt: calls.endedAt
	}
};

const select = (db: DbOrTx) =>
	db
		.select(columns)
		.from(messages)
		.innerJoin(users, eq(users.id, messages.authorId))
		.leftJoin(calls, eq(calls.id, messages.callId));

type Row = Awaited<ReturnType<typeof select>>[number];

const toMessage = ({ ofCall, ...message }: Row): RoomMessage => ({
	...message,
	call: ofCall && toCallLine(ofCall)
});

function toCallLine({ id, kind, endReason, activeAt, endedAt }: NonNullable<Row['ofCall']>): CallLine {
	if (endReason === null || endedAt === null) throw new Error('a line tells of a call that is not over');
	// Everybody reads the same line, so it keeps to itself who was not to be disturbed.
	const told = withoutBusy(endReason, false);
	return { id, kind, endReason: told, durationMs: activeAt === null ? null : endedAt - activeAt };
}

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
		// Who answers has seen what they answer.
		if (added.length > 0) await tx.update(roomMembers).set({ lastRead: n }).where(isMember(roomId, userId));
		const [row] = await select(tx).where(and(eq(messages.authorId, userId), eq(messages.id, id)));
		if (!row) throw new Error('a message vanished');
		const kept = toMessage(row);
		if (kept.roomId !== roomId || kept.body !== body || kept.call) fail('message/id-taken');
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
			const rows = forwards ? found : found.reverse();
			return { messages: rows.map(toMessage), lastN: room?.lastN ?? 0 };
		},

		async byN(roomId: string, n: number): Promise<RoomMessage | null> {
			const [row] = await select(db).where(and(eq(messages.roomId, roomId), eq(messages.n, n)));
			return row ? toMessage(row) : null;
		}
	};
}

export type Messages = ReturnType<typeof createMessages>;
