import { and, desc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import { MAX_PUSH_SUBSCRIPTIONS_PER_USER } from '../../call/core/limits';
import type { PushSubscriptionInput } from '../../call/core/push-message';
import { arrayParam } from '../db/arrays';
import { clock } from '../db/columns';
import type { Db } from '../db/client';
import { pushSubscriptions, sessions, users } from '../db/schema';

export type Subscription = Pick<
	typeof pushSubscriptions.$inferSelect,
	'id' | 'userId' | 'endpoint' | 'p256dh' | 'auth'
>;

/** Keeps a browser's subscription, or moves it to who is signed in there now. Telling it again changes nothing. */
export async function keepSubscription(
	db: Db,
	owner: { userId: string; sessionId: string },
	{ endpoint, keys: { p256dh, auth } }: PushSubscriptionInput
): Promise<void> {
	await db.transaction(async (tx) => {
		// The lock makes the count right when two are told at once.
		await tx.select({ id: users.id }).from(users).where(eq(users.id, owner.userId)).for('update');
		const kept = { ...owner, p256dh, auth };
		await tx
			.insert(pushSubscriptions)
			.values({ ...kept, endpoint })
			.onConflictDoUpdate({
				target: pushSubscriptions.endpoint,
				set: { ...kept, createdAt: clock },
				setWhere: sql`(${pushSubscriptions.userId}, ${pushSubscriptions.sessionId}, ${pushSubscriptions.p256dh},
					${pushSubscriptions.auth}) is distinct from (excluded.user_id, excluded.session_id, excluded.p256dh,
					excluded.auth)`
			});
		const newest = tx
			.select({ id: pushSubscriptions.id })
			.from(pushSubscriptions)
			.where(eq(pushSubscriptions.userId, owner.userId))
			.orderBy(desc(pushSubscriptions.createdAt), desc(pushSubscriptions.id))
			.limit(MAX_PUSH_SUBSCRIPTIONS_PER_USER);
		await tx
			.delete(pushSubscriptions)
			.where(and(eq(pushSubscriptions.userId, owner.userId), notInArray(pushSubscriptions.id, newest)));
	});
}

export async function dropSubscription(db: Db, userId: string, endpoint: string): Promise<void> {
	await db
		.delete(pushSubscriptions)
		.where(and(eq(pushSubscriptions.userId, userId), eq(pushSubscriptions.endpoint, endpoint)));
}

/** Of these people, by person. A session that has expired counts for nothing, also before it is swept away. */
export async function subscriptionsOf(
	db: Db,
	userIds: readonly string[]
): Promise<Map<string, Subscription[]>> {
	const { id, userId, endpoint, p256dh, auth } = pushSubscriptions;
	const found = await db
		.select({ id, userId, endpoint, p256dh, auth })
		.from(pushSubscriptions)
		.innerJoin(sessions, eq(sessions.id, pushSubscriptions.sessionId))
		.where(and(sql`${userId} = any(${arrayParam(userIds, 'uuid')})`, sql`${sessions.expiresAt} > ${clock}`));
	const byPerson = new Map<string, Subscription[]>();
	for (const one of found) byPerson.set(one.userId, [...(byPerson.get(one.userId) ?? []), one]);
	return byPerson;
}

/** The push service knows them no more. */
export async function forgetSubscriptions(db: Db, ids: readonly string[]): Promise<void> {
	if (ids.length > 0) await db.delete(pushSubscriptions).where(inArray(pushSubscriptions.id, [...ids]));
}
