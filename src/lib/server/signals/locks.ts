import { sql } from 'drizzle-orm';
import type { Tx } from '../db/client';
import { arrayParam } from '../db/arrays';

/**
 * Locks these mailboxes until the transaction ends, always in the order of their ids: whoever takes them in
 * another order deadlocks with a writer. Locks on calls and participants come before, never after.
 *
 * @returns the ids of those that exist
 */
export async function lockMailboxes(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
	const rows = await tx.execute<{ id: string }>(
		sql`select id from mailboxes where id = any(${arrayParam([...new Set(ids)], 'uuid')}) order by id for update`
	);
	return new Set(rows.map((row) => row.id));
}
