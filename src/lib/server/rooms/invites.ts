import { randomBytes } from 'node:crypto';
import { count, eq } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import { MAX_ROOM_MEMBERS } from '../../call/core/limits';
import type { Db } from '../db/client';
import { roomInvites, roomMembers, rooms } from '../db/schema';
import { memberIds, lockRoom, lockRoomFor, stampRoom } from './members';

/** Invite links: one code per room, 128 random bits, so nobody finds one by trying. */
export function createInvites(db: Db) {
	return {
		/** @throws {ParleyError} `room/not-found`, `room/direct-fixed` */
		code(roomId: string, userId: string): Promise<{ code: string }> {
			return db.transaction(async (tx) => {
				const room = await lockRoomFor(tx, roomId, userId);
				if (room.kind === 'direct') fail('room/direct-fixed');
				const [known] = await tx
					.select({ code: roomInvites.code })
					.from(roomInvites)
					.where(eq(roomInvites.roomId, roomId));
				if (known) return known;
				const code = randomBytes(16).toString('base64url');
				await tx.insert(roomInvites).values({ code, roomId, createdBy: userId });
				return { code };
			});
		},

		/** @throws {ParleyError} `room/not-found`, `room/direct-fixed`, `room/not-owner` */
		revoke(roomId: string, userId: string): Promise<void> {
			return db.transaction(async (tx) => {
				const room = await lockRoomFor(tx, roomId, userId);
				if (room.kind === 'direct') fail('room/direct-fixed');
				if (room.role !== 'owner') fail('room/not-owner');
				await tx.delete(roomInvites).where(eq(roomInvites.roomId, room.id));
			});
		},

		/** What somebody who holds the link may know before joining. @throws {ParleyError} `room/invite-not-found` */
		async peek(code: string): Promise<{ roomName: string; memberCount: number }> {
			const [row] = await db
				.select({ roomName: rooms.name, memberCount: count(roomMembers.userId) })
				.from(roomInvites)
				.innerJoin(rooms, eq(rooms.id, roomInvites.roomId))
				.leftJoin(roomMembers, eq(roomMembers.roomId, rooms.id))
				.where(eq(roomInvites.code, code))
				.groupBy(rooms.id);
			return row ?? fail('room/invite-not-found');
		},

		/**
		 * @returns the room's new stamp; null when this person was in it already
		 * @throws {ParleyError} `room/invite-not-found`, `room/full`
		 */
		async join(code: string, userId: string): Promise<{ roomId: string; stamp: number | null }> {
			const find = (from: Pick<Db, 'select'>) =>
				from.select({ roomId: roomInvites.roomId }).from(roomInvites).where(eq(roomInvites.code, code));
			return db.transaction(async (tx) => {
				const [seen] = await find(tx);
				const room = seen ? await lockRoom(tx, seen.roomId) : null;
				if (!room) return fail('room/invite-not-found');
				// Again under the lock: it may have been revoked, or the last member have taken it along.
				const [invite] = await find(tx);
				if (!invite) return fail('room/invite-not-found');
				const { roomId } = invite;
				const added = await tx
					.insert(roomMembers)
					.values({ roomId, userId, role: 'member', lastRead: room.lastN })
					.onConflictDoNothing()
					.returning({ userId: roomMembers.userId });
				if (added.length === 0) return { roomId, stamp: null };
				if ((await memberIds(tx, roomId)).length > MAX_ROOM_MEMBERS) {
					fail('room/full', { most: MAX_ROOM_MEMBERS });
				}
				return { roomId, stamp: await stampRoom(tx, roomId) };
			});
		}
	};
}
