import { eq, sql } from 'drizzle-orm';
import type { Bus } from '../bus/bus';
import type { Db } from '../db/client';
import { noteStanding } from '../db/endings';
import { users } from '../db/schema';

/** Null when it is over. The database's clock decides, as of rings. */
export const doNotDisturbUntil = sql<number | null>`
	case when ${users.doNotDisturbUntil} > clock_timestamp() then ${users.doNotDisturbUntil} end
`.mapWith(users.doNotDisturbUntil);

export function createDoNotDisturb({ db, bus }: { db: Db; bus: Bus }) {
	return {
		/**
		 * Calls that begin from now on find this person busy, for so long; null ends it. What rings already rings on.
		 *
		 * @returns until when, Unix milliseconds on the database's clock
		 */
		async setDoNotDisturb(userId: string, forMs: number | null): Promise<number | null> {
			const { until, changedAt } = await db.transaction(async (tx) => {
				const [set] = await tx
					.update(users)
					.set({
						doNotDisturbUntil:
							forMs === null ? null : sql`clock_timestamp() + ${forMs} * interval '1 millisecond'`
					})
					.where(eq(users.id, userId))
					.returning({ until: users.doNotDisturbUntil });
				return { until: set?.until ?? null, changedAt: await noteStanding(tx, userId) };
			});
			bus.publish([`user:${userId}`], { type: 'standing', changedAt });
			return until;
		}
	};
}
