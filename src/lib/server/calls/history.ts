import { and, desc, eq, ilike, inArray, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Standing } from '../../call/core/inbox';
import { withoutBusy } from '../../call/core/call-projection';
import { MISSED_INVITES, outcomeFor } from '../../call/core/outcome';
import type { Bus } from '../bus/bus';
import { doNotDisturbUntil } from './do-not-disturb';
import { clock } from '../db/columns';
import type { Db } from '../db/client';
import { noteStanding } from '../db/endings';
import { callHappenings, callParticipants, calls, rooms, users } from '../db/schema';

export type HistoryCursor = { startedAt: number; callId: string };

type HistoryInput = {
	userId: string;
	filter: 'all' | 'missed';
	/** Part of the name of a room or of somebody in the call. */
	search?: string | undefined;
	before: HistoryCursor | null;
	limit: number;
};

/** A call of hours, with everybody coming and going. */
const MAX_HAPPENINGS = 1_000;

const isMissed = and(
	eq(callParticipants.role, 'callee'),
	inArray(callParticipants.invite, [...MISSED_INVITES])
);

/** Over for this person, and not deleted by them. */
const isInHistory = and(or(eq(calls.phase, 'ended'), isMissed), isNull(callParticipants.hiddenAt));

const isOlderThan = (before: HistoryCursor) =>
	or(
		lt(callParticipants.startedAt, before.startedAt),
		and(eq(callParticipants.startedAt, before.startedAt), lt(callParticipants.callId, before.callId))
	);

/** In a room of that name, or with somebody of that name. */
function isAbout(search: string, userId: string) {
	const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
	return or(
		ilike(rooms.name, pattern),
		sql`exists (
			select from call_participants other join users on users.id = other.user_id
			where other.call_id = ${callParticipants.callId} and other.user_id <> ${userId}
				and (users.display_name ilike ${pattern} or users.username ilike ${pattern})
		)`
	);
}

/** Calls with one person's part in them. */
const selectMine = (db: Db, wanted: SQL | undefined) =>
	db
		.select({ call: calls, mine: callParticipants, roomName: rooms.name, roomKind: rooms.kind })
		.from(callParticipants)
		.innerJoin(calls, eq(calls.id, callParticipants.callId))
		.innerJoin(rooms, eq(rooms.id, calls.roomId))
		.where(wanted);

async function entriesOf(db: Db, userId: string, page: Awaited<ReturnType<typeof selectMine>>) {
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

	return page.map(({ call, mine, roomName, roomKind }) => {
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
}

export function createHistory({ db, bus }: { db: Db; bus: Bus }) {
	/** Everybody who comes asks for this: its statement is built once. */
	const findStanding = db
		.select({
			missedCount: db.$count(
				callParticipants,
				and(eq(callParticipants.userId, users.id), isMissed, isNull(callParticipants.seenAt))
			),
			doNotDisturbUntil
		})
		.from(users)
		.where(eq(users.id, sql.placeholder('userId')))
		.prepare('find_standing');

	/** One person's calls that are over (for them), newest first, by keyset. */
	async function history(input: HistoryInput) {
		const { userId, before, limit } = input;
		const rows = await selectMine(
			db,
			and(
				eq(callParticipants.userId, userId),
				isInHistory,
				input.filter === 'missed' ? isMissed : undefined,
				input.search ? isAbout(input.search, userId) : undefined,
				before ? isOlderThan(before) : undefined
			)
		)
			.orderBy(desc(callParticipants.startedAt), desc(callParticipants.callId))
			.limit(limit + 1);
		const page = rows.slice(0, limit);
		const last = page.at(-1);
		const next: HistoryCursor | null =
			rows.length > limit && last ? { startedAt: last.call.startedAt, callId: last.call.id } : null;
		return { entries: await entriesOf(db, userId, page), next };
	}

	/** One call of a history, with who was asked and what happened. @throws {ParleyError} `call/not-found` */
	async function details(callId: string, userId: string) {
		const mine = and(eq(callParticipants.callId, callId), eq(callParticipants.userId, userId), isInHistory);
		const rows = await selectMine(db, mine);
		const [entry] = await entriesOf(db, userId, rows);
		const call = rows[0]?.call;
		if (!entry || !call) return fail('call/not-found');
		const isCaller = call.callerId === userId;
		const participants = await db
			.select({
				userId: users.id,
				displayName: users.displayName,
				role: callParticipants.role,
				invite: callParticipants.invite,
				/** When they were first in it, and when they were out of it for good; null for who never came. */
				joinedAt: callParticipants.answeredAt,
				leftAt: callParticipants.leftAt
			})
			.from(callParticipants)
			.innerJoin(users, eq(users.id, callParticipants.userId))
			.where(eq(callParticipants.callId, callId))
			.orderBy(callParticipants.role, users.displayName, users.id);
		const timeline = await db
			.select({
				at: callHappenings.at,
				kind: callHappenings.kind,
				userId: callHappenings.userId,
				displayName: users.displayName
			})
			.from(callHappenings)
			.leftJoin(users, eq(users.id, callHappenings.userId))
			.where(eq(callHappenings.callId, callId))
			.orderBy(callHappenings.version, callHappenings.place)
			.limit(MAX_HAPPENINGS);
		return {
			...entry,
			endedAt: call.endedAt,
			endReason: withoutBusy(call.endReason, isCaller),
			failure: call.failure,
			participants: participants.map((one) => ({ ...one, invite: withoutBusy(one.invite, isCaller) })),
			timeline: timeline.map((one) => ({ ...one, kind: withoutBusy(one.kind, isCaller) }))
		};
	}

	return {
		history,
		details,

		/** Takes a call out of this person's history; it stays in the others'. @throws {ParleyError} `call/not-found` */
		async hide(callId: string, userId: string): Promise<void> {
			const changedAt = await db.transaction(async (tx) => {
				const hidden = await tx
					.update(callParticipants)
					.set({ hiddenAt: clock, seenAt: sql`coalesce(${callParticipants.seenAt}, clock_timestamp())` })
					.from(calls)
					.where(
						and(
							eq(calls.id, callParticipants.callId),
							eq(callParticipants.callId, callId),
							eq(callParticipants.userId, userId),
							isInHistory
						)
					)
					.returning({ callId: callParticipants.callId });
				return hidden.length > 0 ? noteStanding(tx, userId) : fail('call/not-found');
			});
			bus.publish([`user:${userId}`], { type: 'standing', changedAt });
		},

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
