import { and, count, desc, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import { outcomeFor } from '../../call/core/outcome';
import type { Bus } from '../bus/bus';
import type { Db } from '../db/client';
import { noteMissedSeen } from '../db/endings';
import { callParticipants, calls, rooms, users } from '../db/schema';

export type HistoryCursor = { startedAt: number; callId: string };

/** Invites that count as missed by who got them: a caller's cancel too. */
const MISSED = ['missed', 'cancelled', 'busy'] as const;

const isMissed = and(eq(callParticipants.role, 'callee'), inArray(callParticipants.invite, [...MISSED]));

export function createHistory({ db, bus }: { db: Db; bus: Bus }) {
	const countMissed = db
		.select({ missed: count() })
		.from(callParticipants)
		.where(
			and(eq(callParticipants.userId, sql.placeholder('userId')), isMissed, isNull(callParticipants.seenAt))
		)
		.prepare('count_missed');

	/** One person's calls that are over (for them), newest first, by keyset. */
	async function history(input: {
		userId: string;
		filter: 'all' | 'missed';
		before: HistoryCursor | null;
		limit: number;
	}) {
		const { userId, filter, before, limit } = input;
		const older = before
			? or(
					lt(callParticipants.startedAt, before.startedAt),
					and(eq(callParticipants.startedAt, before.startedAt), lt(callParticipants.callId, before.callId))
				)
			: undefined;
		const rows = await db
			.select({ call: calls, mine: callParticipants, roomName: rooms.name, roomKind: rooms.kind })
			.from(callParticipants)
			.innerJoin(calls, eq(calls.id, callParticipants.callId))
			.innerJoin(rooms, eq(rooms.id, calls.roomId))
			.where(
				and(
					eq(callParticipants.userId, userId),
					filter === 'missed' ? isMissed : or(eq(calls.phase, 'ended'), isMissed),
					older
				)
			)
			.orderBy(desc(callParticipants.startedAt), desc(callParticipants.callId))
			.limit(limit + 1);
		const page = rows.slice(0, limit);
		const callIds = page.map(({ call }) => call.id);
		const people =
			callIds.length === 0
				? []
				: await db
						.select({
							callId: callParticipants.callId,
							userId: users.id,
							displayName: users.displayName
						})
						.from(callParticipants)
						.innerJoin(users, eq(users.id, callParticipants.userId))
						.where(and(inArray(callParticipants.callId, callIds), ne(callParticipants.userId, userId)))
						.orderBy(users.displayName, users.id);

		const entries = page.map(({ call, mine, roomName, roomKind }) => {
			const others = people
				.filter((one) => one.callId === call.id)
				.map((one) => ({ userId: one.userId, displayName: one.displayName }));
			const outcome = outcomeFor(mine.role, mine.invite, call.endReason);
			const from = mine.role === 'caller' ? call.activeAt : mine.answeredAt;
			const until = mine.leftAt ?? call.endedAt;
			return {
				callId: call.id,
				roomId: call.roomId,
				roomName: roomKind === 'direct' ? (others[0]?.displayName ?? roomName) : roomName,
				direct: call.direct,
				kind: call.kind,
				direction: mine.role === 'caller' ? ('outgoing' as const) : ('incoming' as const),
				outcome,
				startedAt: call.startedAt,
				/** How long this person was in it; null when it was never answered. */
				durationMs: outcome === 'answered' && from !== null && until !== null ? until - from : null,
				people: others,
				seen: mine.seenAt !== null
			};
		});
		const last = page.at(-1);
		const next: HistoryCursor | null =
			rows.length > limit && last ? { startedAt: last.call.startedAt, callId: last.call.id } : null;
		return { entries, next };
	}

	return {
		history,

		/** Missed calls that were not looked at yet. */
		async missedCount(userId: string): Promise<number> {
			const [row] = await countMissed.execute({ userId });
			return row?.missed ?? 0;
		},

		/** They were looked at, on one device: the badge goes on all. */
		async markMissedSeen(userId: string): Promise<void> {
			const seenAt = await db.transaction(async (tx) => {
				const seen = await tx
					.update(callParticipants)
					.set({ seenAt: sql`clock_timestamp()` })
					.where(and(eq(callParticipants.userId, userId), isMissed, isNull(callParticipants.seenAt)))
					.returning({ callId: callParticipants.callId });
				return seen.length > 0 ? noteMissedSeen(tx, userId) : null;
			});
			if (seenAt !== null) bus.publish([`user:${userId}`], { type: 'missed', seenAt });
		}
	};
}
