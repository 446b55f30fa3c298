import { and, asc, eq, isNull } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { RoomHead } from '../../call/core/inbox';
import type { Bus } from '../bus/bus';
import { NO_TRUST, Remembered, type Trust } from '../bus/remembered';
import type { Db, Tx } from '../db/client';
import { noteMembership } from '../db/endings';
import { roomInvites, roomMembers, rooms, users } from '../db/schema';
import { findHead, prepareHeads } from './heads';
import { createInvites } from './invites';
import { createOwnMembership } from './own-membership';
import {
	findMember,
	isMember,
	lockRoomFor,
	memberIds,
	passOwnership,
	stampRoom,
	type Membership,
	type Role
} from './members';

export type RoomMember = {
	userId: string;
	username: string;
	displayName: string;
	role: Role;
	joinedAt: number;
};
export type RoomDetail = { room: RoomHead; members: RoomMember[] };

/**
 * Ends, in the same transaction, what other rooms of the house hold for somebody who is out.
 *
 * @returns what is left to do after the commit
 */
export type OnMemberGone = (tx: Tx, gone: { roomId: string; userId: string }) => Promise<() => void>;

type RoomChange = { roomId: string; stamp: number };
const changeColumns = { roomId: rooms.id, stamp: rooms.changedAt };

/**
 * Rooms and who is in them. What one may not see answers `room/not-found`, like what does not exist.
 *
 * Locks: the room's row first, then its members; a hook locks what is its own after these.
 */
export function createRooms({
	db,
	bus,
	trust = NO_TRUST,
	onMemberGone
}: {
	db: Db;
	bus: Bus;
	trust?: Trust;
	onMemberGone: OnMemberGone;
}) {
	const memberships = new Remembered<Membership>({ trust });
	// A message too: it is told like any other change, and to be asked again after it costs little.
	bus.subscribeAll((news, topic) => {
		if (news.type === 'room' || news.type === 'membership') memberships.forget(`${topic} ${news.roomId}`);
	});
	const invites = createInvites(db);
	const own = createOwnMembership({ db, bus });

	function announce({ roomId, stamp }: RoomChange, userIds: readonly string[]): void {
		bus.publish(
			userIds.map((id) => `user:${id}` as const),
			{ type: 'room', roomId, stamp }
		);
	}

	const head = (roomId: string, userId: string) => findHead(db, userId, roomId);

	async function requireHead(roomId: string, userId: string): Promise<RoomHead> {
		return (await head(roomId, userId)) ?? fail('room/not-found');
	}

	/** Takes somebody out of a locked room. An empty room stays, because histories name it, but is closed. */
	async function takeOut(tx: Tx, roomId: string, userId: string) {
		await tx.delete(roomMembers).where(isMember(roomId, userId));
		await passOwnership(tx, roomId);
		const finish = await onMemberGone(tx, { roomId, userId });
		const remaining = await memberIds(tx, roomId);
		if (remaining.length === 0) await tx.delete(roomInvites).where(eq(roomInvites.roomId, roomId));
		const stamp = await stampRoom(tx, roomId);
		await noteMembership(tx, { userId, roomId }, stamp);
		return { roomId, stamp, userId, finish, remaining };
	}

	function announceGone({ finish, userId, remaining, ...change }: Awaited<ReturnType<typeof takeOut>>): void {
		finish();
		bus.publish([`user:${userId}`], { type: 'membership', ...change });
		announce(change, remaining);
	}

	/** @throws {ParleyError} `room/not-found`, `room/direct-fixed` */
	async function leave(roomId: string, userId: string): Promise<void> {
		const out = await db.transaction(async (tx) => {
			const room = await lockRoomFor(tx, roomId, userId);
			if (room.kind === 'direct') fail('room/direct-fixed');
			return takeOut(tx, room.id, userId);
		});
		announceGone(out);
	}

	return {
		/** The rooms one is in, newest activity first. */
		list: prepareHeads(db),

		/** Null for an unknown room and for one that this user is not in. */
		head,

		async create(userId: string, { name }: { name: string }): Promise<RoomHead> {
			const made = await db.transaction(async (tx) => {
				const [room] = await tx.insert(rooms).values({ kind: 'group', name }).returning(changeColumns);
				if (!room) throw new Error('insert returned no row');
				await tx.insert(roomMembers).values({ roomId: room.roomId, userId, role: 'owner' });
				return room;
			});
			announce(made, [userId]);
			return requireHead(made.roomId, userId);
		},

		/**
		 * The direct room of two people; made when either opens it first, also when both do at once.
		 *
		 * @throws {ParleyError} `user/not-found`, `user/not-yourself`
		 */
		async openDirect(userId: string, { username }: { username: string }): Promise<RoomHead> {
			const [other] = await db
				.select({ id: users.id })
				.from(users)
				.where(and(eq(users.username, username), isNull(users.deactivatedAt)));
			if (!other) return fail('user/not-found');
			if (other.id === userId) fail('user/not-yourself');
			const pair = [userId, other.id].sort();
			const directKey = pair.join(':');
			const { room, made } = await db.transaction(async (tx) => {
				// Whoever comes second waits here for the first, and finds that room in the next statement.
				const [room] = await tx
					.insert(rooms)
					.values({ kind: 'direct', name: '', directKey })
					.onConflictDoNothing({ target: rooms.directKey })
					.returning(changeColumns);
				if (room) {
					await tx
						.insert(roomMembers)
						.values(pair.map((id) => ({ roomId: room.roomId, userId: id, role: 'member' as const })));
					return { room, made: true };
				}
				const [known] = await tx.select(changeColumns).from(rooms).where(eq(rooms.directKey, directKey));
				if (!known) throw new Error('a direct room vanished');
				return { room: known, made: false };
			});
			if (made) announce(room, pair);
			return requireHead(room.roomId, userId);
		},

		/** @throws {ParleyError} `room/not-found` */
		async detail(roomId: string, userId: string): Promise<RoomDetail> {
			const room = await requireHead(roomId, userId);
			const members = await db
				.select({
					userId: users.id,
					username: users.username,
					displayName: users.displayName,
					role: roomMembers.role,
					joinedAt: roomMembers.joinedAt
				})
				.from(roomMembers)
				.innerJoin(users, eq(users.id, roomMembers.userId))
				.where(eq(roomMembers.roomId, roomId))
				.orderBy(asc(roomMembers.joinedAt), asc(users.username));
			return { room, members };
		},

		memberIds,

		/**
		 * That this person is in that room; true for at most 5 s longer than it is.
		 *
		 * @throws {ParleyError} `room/not-found`
		 */
		async requireMember(roomId: string, userId: string): Promise<Membership> {
			const load = () => findMember(db, roomId, userId);
			return (await memberships.get(`user:${userId} ${roomId}`, load)) ?? fail('room/not-found');
		},

		leave,

		/**
		 * An owner takes somebody out of the room.
		 *
		 * @throws {ParleyError} `room/not-found`, `room/direct-fixed`, `room/not-owner`, `room/no-such-member`
		 */
		async removeMember(roomId: string, actorId: string, userId: string): Promise<void> {
			const out = await db.transaction(async (tx) => {
				const room = await lockRoomFor(tx, roomId, actorId);
				if (room.kind === 'direct') fail('room/direct-fixed');
				if (room.role !== 'owner') fail('room/not-owner');
				const [target] = await tx
					.select({ userId: roomMembers.userId })
					.from(roomMembers)
					.where(isMember(room.id, userId));
				if (!target) return fail('room/no-such-member');
				return target.userId === actorId ? null : takeOut(tx, room.id, target.userId);
			});
			if (out) announceGone(out);
			else await leave(roomId, actorId);
		},

		...own,

		/** The room's invite code, made once. @throws {ParleyError} `room/not-found`, `room/direct-fixed` */
		inviteCode: invites.code,

		/** The code that was given out leads nowhere from now on. @throws {ParleyError} as above, `room/not-owner` */
		revokeInvite: invites.revoke,

		/** @throws {ParleyError} `room/invite-not-found` */
		peekInvite: invites.peek,

		/** Joining a room that one is in changes nothing. @throws {ParleyError} `room/invite-not-found`, `room/full` */
		async joinByInvite(code: string, userId: string): Promise<RoomHead> {
			const { roomId, stamp } = await invites.join(code, userId);
			if (stamp !== null) announce({ roomId, stamp }, await memberIds(db, roomId));
			return requireHead(roomId, userId);
		}
	};
}

export type Rooms = ReturnType<typeof createRooms>;
