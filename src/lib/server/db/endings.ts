import { lt, sql } from 'drizzle-orm';
import { clock } from './columns';
import type { Db, DbOrTx } from './client';
import { endings } from './schema';

/**
 * Notes, in the transaction that ends them, sessions, tokens and devices: their rows go, and a server that missed
 * the bus' word of it must find out from something.
 */
export async function noteEndings(tx: DbOrTx, topics: readonly string[]): Promise<void> {
	if (topics.length > 0) await tx.insert(endings).values(topics.map((topic) => ({ topic })));
}

/** This user is not in that room any more. @param stamp the room's, of this very change */
export async function noteMemberGone(
	tx: DbOrTx,
	gone: { userId: string; roomId: string; stamp: number }
): Promise<void> {
	await tx.insert(endings).values({ topic: `user:${gone.userId}`, roomId: gone.roomId, endedAt: gone.stamp });
}

/** What only this user sees of themselves has changed. @returns when, by the database's clock */
export async function noteStanding(tx: DbOrTx, userId: string): Promise<number> {
	const [noted] = await tx
		.insert(endings)
		.values({ topic: `user:${userId}` })
		.returning({ at: endings.endedAt });
	if (!noted) throw new Error('insert returned no row');
	return noted.at;
}

/** Every server has looked by now, many times over. */
export async function sweepEndings(db: Db): Promise<void> {
	await db.delete(endings).where(lt(endings.endedAt, sql`${clock} - interval '1 minute'`));
}
