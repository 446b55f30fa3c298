import { and, eq, ne } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Db } from '../db/client';
import { callParticipants, calls, roomMembers } from '../db/schema';

/** Who may see a call, and who is part of it. */
export function createAccess({ db }: { db: Db }) {
	return {
		/** @throws {ParleyError} `call/not-found` also for a call in a room the person is not in */
		async requireVisible(callId: string, userId: string): Promise<void> {
			const [row] = await db
				.select({ id: calls.id })
				.from(calls)
				.innerJoin(roomMembers, eq(roomMembers.roomId, calls.roomId))
				.where(and(eq(calls.id, callId), eq(roomMembers.userId, userId)));
			if (!row) fail('call/not-found');
		},

		/**
		 * That this person is invited to, or in, a call that is not over.
		 *
		 * @throws {ParleyError} `call/not-a-participant`
		 */
		async requireParticipant(callId: string, userId: string): Promise<void> {
			const [row] = await db
				.select({ id: calls.id })
				.from(callParticipants)
				.innerJoin(calls, eq(calls.id, callParticipants.callId))
				.where(
					and(
						eq(callParticipants.callId, callId),
						eq(callParticipants.userId, userId),
						ne(calls.phase, 'ended')
					)
				);
			if (!row) fail('call/not-a-participant');
		}
	};
}
