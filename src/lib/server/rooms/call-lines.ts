import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray, not, or } from 'drizzle-orm';
import type { Bus } from '../bus/bus';
import type { Db, DbOrTx, Tx } from '../db/client';
import { callParticipants, calls, messages, roomMembers } from '../db/schema';
import { lockRoom, stampRoom } from './members';

const MAX_AT_ONCE = 100;

/**
 * Each call that is over stands in its room's messages, as one line. It is written soon after the end and not with it: a
 * call ends under its own lock, and the room's comes before that one.
 */
export function createCallLines(deps: {
	db: Db;
	bus: Bus;
	memberIds: (db: DbOrTx, roomId: string) => Promise<string[]>;
}) {
	const { db, bus, memberIds } = deps;

	/** @returns the room's new stamp; null when another server was faster */
	async function write(
		tx: Tx,
		{ callId, roomId }: { callId: string; roomId: string }
	): Promise<number | null> {
		const room = await lockRoom(tx, roomId);
		const [call] = await tx
			.update(calls)
			.set({ inMessages: true })
			.where(and(eq(calls.id, callId), not(calls.inMessages)))
			.returning({ callerId: calls.callerId });
		if (!room || !call) return null;
		const n = room.lastN + 1;
		// Not the call's own id: its caller knew that one, and may have sent a message under it.
		const line = { roomId, n, id: randomUUID(), authorId: call.callerId, body: '', callId };
		await tx.insert(messages).values(line);
		// Who was there, or called, knows; for whom else had read everything it is news.
		const knowing = tx
			.select({ userId: callParticipants.userId })
			.from(callParticipants)
			.where(
				and(
					eq(callParticipants.callId, callId),
					or(eq(callParticipants.role, 'caller'), inArray(callParticipants.invite, ['accepted', 'declined']))
				)
			);
		await tx
			.update(roomMembers)
			.set({ lastRead: n })
			.where(
				and(
					eq(roomMembers.roomId, roomId),
					eq(roomMembers.lastRead, room.lastN),
					inArray(roomMembers.userId, knowing)
				)
			);
		return stampRoom(tx, roomId, { lastN: n });
	}

	return {
		/** Writes the lines that are missing. @returns how many calls were looked at */
		async write(): Promise<number> {
			const missing = await db
				.select({ callId: calls.id, roomId: calls.roomId })
				.from(calls)
				.where(and(eq(calls.phase, 'ended'), not(calls.inMessages)))
				.orderBy(asc(calls.endedAt))
				.limit(MAX_AT_ONCE);
			for (const call of missing) {
				const stamp = await db.transaction((tx) => write(tx, call));
				if (stamp === null) continue;
				const topics = (await memberIds(db, call.roomId)).map((id) => `user:${id}` as const);
				bus.publish(topics, { type: 'room', roomId: call.roomId, stamp });
			}
			return missing.length;
		}
	};
}
