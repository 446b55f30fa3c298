import { and, eq, lt, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { RingSetting } from '../../call/core/snapshot';
import type { Bus } from '../bus/bus';
import type { Db, Tx } from '../db/client';
import { noteMembership } from '../db/endings';
import { roomMembers, rooms } from '../db/schema';
import { isMember } from './members';

type Membership = { roomId: string; userId: string };

/** What a member sees and sets of a room for themselves alone. All their devices hear of it. */
export function createOwnMembership({ db, bus }: { db: Db; bus: Bus }) {
	/** @param change answers whether anything changed */
	async function tell(mine: Membership, change: (tx: Tx) => Promise<boolean>): Promise<void> {
		const stamp = await db.transaction(async (tx) => ((await change(tx)) ? noteMembership(tx, mine) : null));
		if (stamp !== null)
			bus.publish([`user:${mine.userId}`], { type: 'membership', roomId: mine.roomId, stamp });
	}
	const isMine = ({ roomId, userId }: Membership) => isMember(roomId, userId);

	return {
		/** Messages up to `n` were seen. Never goes back, and never past what is there. */
		markRead: (mine: Membership, n: number): Promise<void> =>
			tell(mine, async (tx) => {
				const seen = sql<number>`least(${n}::int, ${rooms.lastN})`;
				const moved = await tx
					.update(roomMembers)
					.set({ lastRead: seen })
					.from(rooms)
					.where(and(isMine(mine), eq(rooms.id, roomMembers.roomId), lt(roomMembers.lastRead, seen)))
					.returning({ userId: roomMembers.userId });
				return moved.length > 0;
			}),

		/** @throws {ParleyError} `room/not-found` */
		setRing: (mine: Membership, ring: RingSetting): Promise<void> =>
			tell(mine, async (tx) => {
				const set = await tx
					.update(roomMembers)
					.set({ ring })
					.where(isMine(mine))
					.returning({ userId: roomMembers.userId });
				return set.length > 0 || fail('room/not-found');
			})
	};
}
