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

/**
 * What this user alone sees of that room has changed: they are out of it, have read on, or set how it rings.
 *
 * @param changedAt the room's stamp, when the room changed by it too
 * @returns when, by the database's clock
 */
export async function noteMembership(
	tx: DbOrTx,
	{ userId, roomId }: { userId: string; roomId: string },
	changedAt?: number
): Promise<number> {
	return note(tx, {
		topic: `user:${userId}`,
		roomId,
		...(changedAt === undefined ? {} : { endedAt: changedAt })
	});
}

/** What only this user sees of themselves has changed. @returns when, by the database's clock */
export async function noteStanding(tx: DbOrTx, userId: string): Promise<number> {
	return note(tx, { topic: `user:${userId}` });
}

async function note(tx: DbOrTx, ending: typeof endings.$inferInsert): Promise<number> {
	const [noted] = await tx.insert(endings).values(ending).returning({ at: endings.endedAt });
	if (!noted) throw new Error('insert returned no row');
	return noted.at;
}

/** Every server has looked by now, many times over. */
export async function sweepEndings(db: Db): Promise<void> {
	await db.delete(endings).where(lt(endings.endedAt, sql`${clock} - interval '1 minute'`));
}
