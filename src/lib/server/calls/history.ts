import { and, desc, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Standing } from '../../call/core/inbox';
import { outcomeFor } from '../../call/core/outcome';
import type { Bus } from '../bus/bus';
import { doNotDisturbUntil } from './do-not-disturb';
import type { Db } from '../db/client';
import { noteStanding } from '../db/endings';
import { callParticipants, calls, rooms, users } from '../db/schema';

export type HistoryCursor = { startedAt: number; callId: string };

/** Invites that count as missed by who got them: a caller's cancel too. */
export const MISSED = ['missed', 'cancelled', 'busy'] as const;

const isMissed = and(eq(callParticipants.role, 'callee'), inArray(callParticipants.invite, [...MISSED]));

export function createHistory({ db, bus }: { db: Db; bus: Bus }) {
	/** Everybody who comes asks for this: its statement is built once. */
	const findStanding = db
		.select({
			missedCount: db.$count(
				callParticipants,
				and(eq(callParticipants.userId, users.id), isMissed, isNull(callParticipants.seenAt))
			),
			doNotDisturbUntil: doNotDisturbUntil
		})
		.from(users)
		.where(eq(users.id, sql.placeholder('userId')))
		.prepare('find_standing');

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

		async standing(userId: string): Promise<Standing> {
			const [found] = await findStanding.execute({ userId });
			return found ?? { missedCount: 0, doNotDisturbUntil: null };
		},

		/** They were looked at, on one device: the badge goes on all. */
		async markMissedSeen(userId: string): Promise<void> {
			const changedAt = await db.transaction(async (tx) => {
				const seen = await tx
					.update(callParticipants)
					.set({ seenAt: sql`clock_timestamp()` })
					.where(and(eq(callParticipants.userId, userId), isMissed, isNull(callParticipants.seenAt)))
					.returning({ callId: callParticipants.callId });
				return seen.length > 0 ? noteStanding(tx, userId) : null;
			});
			if (changedAt !== null) bus.publish([`user:${userId}`], { type: 'standing', changedAt });
		}
	};
}
