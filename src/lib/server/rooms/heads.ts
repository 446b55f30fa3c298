import { and, desc, eq, ne, sql, type Placeholder } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { RoomHead } from '../../call/core/inbox';
import type { Db, DbOrTx } from '../db/client';
import { messages, roomMembers, rooms, users } from '../db/schema';

const others = alias(roomMembers, 'others');

/** Rooms as this member sees them: a direct room bears the other person's name. Newest activity first. */
function selectHeads(db: DbOrTx, userId: string | Placeholder, roomId?: string) {
	return db
		.select({
			id: rooms.id,
			kind: rooms.kind,
			name: sql<string>`coalesce(${users.displayName}, ${rooms.name})`,
			role: roomMembers.role,
			lastN: rooms.lastN,
			lastRead: roomMembers.lastRead,
			ring: roomMembers.ring,
			membersChangedAt: rooms.membersChangedAt
		})
		.from(roomMembers)
		.innerJoin(rooms, eq(rooms.id, roomMembers.roomId))
		.leftJoin(
			others,
			and(eq(rooms.kind, 'direct'), eq(others.roomId, rooms.id), ne(others.userId, roomMembers.userId))
		)
		.leftJoin(users, eq(users.id, others.userId))
		.leftJoin(messages, and(eq(messages.roomId, rooms.id), eq(messages.n, rooms.lastN)))
		.where(and(eq(roomMembers.userId, userId), roomId === undefined ? undefined : eq(rooms.id, roomId)))
		.orderBy(
			desc(sql`greatest(${messages.createdAt}, ${rooms.createdAt}, ${roomMembers.joinedAt})`),
			rooms.id
		);
}

export async function findHead(db: DbOrTx, userId: string, roomId: string): Promise<RoomHead | null> {
	const [found] = await selectHeads(db, userId, roomId);
	return found ?? null;
}

/** Everybody who comes asks for this: its statement is built once. */
export function prepareHeads(db: Db): (userId: string) => Promise<RoomHead[]> {
	const heads = selectHeads(db, sql.placeholder('userId')).prepare('find_room_heads');
	return (userId) => heads.execute({ userId });
}
