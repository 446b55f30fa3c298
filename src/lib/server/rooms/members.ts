import { and, asc, desc, eq } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { DbOrTx, Tx } from '../db/client';
import { nextStamp } from '../db/columns';
import { roomMembers, rooms } from '../db/schema';

export type Role = (typeof roomMembers.$inferSelect)['role'];
export type Membership = { roomId: string; userId: string; role: Role };
export type LockedRoom = {
	id: string;
	kind: 'group' | 'direct';
	lastN: number;
	changedAt: number;
	role: Role;
};

export const isMember = (roomId: string, userId: string) =>
	and(eq(roomMembers.roomId, roomId), eq(roomMembers.userId, userId));

/** The ids of everybody in a room; who has read furthest, and is in it longest, comes first. */
export async function memberIds(db: DbOrTx, roomId: string): Promise<string[]> {
	const rows = await db
		.select({ userId: roomMembers.userId })
		.from(roomMembers)
		.where(eq(roomMembers.roomId, roomId))
		.orderBy(desc(roomMembers.lastRead), asc(roomMembers.joinedAt), asc(roomMembers.userId));
	return rows.map((row) => row.userId);
}

/** @returns null whether the room is unknown or somebody else's */
export async function findMember(db: DbOrTx, roomId: string, userId: string): Promise<Membership | null> {
	const [row] = await db.select({ role: roomMembers.role }).from(roomMembers).where(isMember(roomId, userId));
	return row ? { roomId, userId, role: row.role } : null;
}

/** Locks a room's row: members and messages change under it alone. Null when there is none. */
export async function lockRoom(tx: Tx, roomId: string) {
	const [room] = await tx
		.select({ id: rooms.id, kind: rooms.kind, lastN: rooms.lastN, changedAt: rooms.changedAt })
		.from(rooms)
		.where(eq(rooms.id, roomId))
		.for('update');
	return room ?? null;
}

/**
 * Locks a room for one of its members. The row comes first and the membership is read after it, in a
 * statement of its own, so that who was removed a moment before is not let through.
 *
 * @throws {ParleyError} `room/not-found`
 */
export async function lockRoomFor(tx: Tx, roomId: string, userId: string): Promise<LockedRoom> {
	const room = await lockRoom(tx, roomId);
	if (!room) return fail('room/not-found');
	const member = await findMember(tx, roomId, userId);
	return member ? { ...room, role: member.role } : fail('room/not-found');
}

/** Notes that a locked room has a new message, or else other members. @returns its new stamp */
export async function stampRoom(tx: Tx, roomId: string, message?: { lastN: number }): Promise<number> {
	const changedAt = nextStamp(rooms.changedAt);
	const [room] = await tx
		.update(rooms)
		.set({ ...(message ?? { membersChangedAt: changedAt }), changedAt })
		.where(eq(rooms.id, roomId))
		.returning({ stamp: rooms.changedAt });
	if (!room) throw new Error('a locked room vanished');
	return room.stamp;
}

/** A room whose last owner left passes to whoever has been in it longest. The caller holds the room's lock. */
export async function passOwnership(tx: Tx, roomId: string): Promise<void> {
	const members = await tx
		.select({ userId: roomMembers.userId, role: roomMembers.role })
		.from(roomMembers)
		.where(eq(roomMembers.roomId, roomId))
		.orderBy(asc(roomMembers.joinedAt), asc(roomMembers.userId));
	const [heir] = members;
	if (!heir || members.some((member) => member.role === 'owner')) return;
	await tx.update(roomMembers).set({ role: 'owner' }).where(isMember(roomId, heir.userId));
}
