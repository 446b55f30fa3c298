import { sql, type SQL } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import {
	MAX_MAILBOX_BYTES,
	MAX_MAILBOX_SIGNALS,
	MAX_SEND_BYTES,
	SIGNAL_LIFETIME_MS
} from '../../call/core/limits';
import type { Db, DbOrTx, Tx } from '../db/client';
import { lockMailboxes } from './locks';

const ACKED_LIFETIME_MS = 60_000;
const SWEPT_AT_ONCE = 1_000;

/** No signal is larger than a send, so with fewer than these there is nothing to add up. */
const FEWEST_SIGNALS_THAT_FILL = Math.floor(MAX_MAILBOX_BYTES / MAX_SEND_BYTES);

/** What `mailbox_is_full` and `write_signals` ask for. */
export const FULLNESS = `${MAX_MAILBOX_SIGNALS}, ${FEWEST_SIGNALS_THAT_FILL}, ${MAX_MAILBOX_BYTES}`;

/** Whether mailbox `m` holds as much as it may. */
const isFull: SQL = sql.raw(`mailbox_is_full(m, ${FULLNESS})`);

/** Whether the oldest unacked signal of mailbox `m` has passed its life. The database's clock decides. */
const isOverdue: SQL = sql.raw(`exists (
	select from signals s
	where s.mailbox_id = m.id and s.epoch = m.epoch and s.seq = m.acked + 1
		and s.expires_at <= statement_timestamp()
)`);

/** What ends: whole mailbox epochs, and rows that nobody will read again. */
export function createExpiry({ db }: { db: Db }) {
	return {
		/** Mailboxes whose epoch must rise: the oldest unacked signal has passed its life, or they are full. */
		async findExpired(limit: number): Promise<{ deviceId: string }[]> {
			const rows = await db.execute<{ deviceId: string }>(sql`
				select m.id as "deviceId" from mailboxes m
				where m.head > m.acked and (${isOverdue} or ${isFull})
				order by m.id limit ${limit}
			`);
			return [...rows];
		},

		/**
		 * Whether that is still so. Asked again under the call's lock, it keeps two servers that found the same
		 * mailbox from raising it twice.
		 */
		async isExpired(dbOrTx: DbOrTx, deviceId: string): Promise<boolean> {
			const rows = await dbOrTx.execute(sql`
				select from mailboxes m
				where m.id = ${deviceId} and m.head > m.acked and (${isOverdue} or ${isFull})
			`);
			return rows.length > 0;
		},

		/**
		 * Begins the mailbox anew: its rows go, taken or not. What is remembered of each sender stays, so a
		 * repetition from before is still one.
		 *
		 * Runs in the transaction that raises the call's version. The caller publishes after its commit.
		 *
		 * @returns the new epoch
		 * @throws {ParleyError} `device/not-found`
		 */
		async raiseEpoch(tx: Tx, deviceId: string): Promise<number> {
			await lockMailboxes(tx, [deviceId]);
			const [raised] = await tx.execute<{ epoch: number }>(sql`
				update mailboxes set epoch = epoch + 1, head = 0, acked = 0 where id = ${deviceId} returning epoch
			`);
			if (!raised) return fail('device/not-found');
			await tx.execute(sql`delete from signals where mailbox_id = ${deviceId} and epoch < ${raised.epoch}`);
			return raised.epoch;
		},

		/**
		 * Deletes what was acknowledged and is older than a minute.
		 *
		 * It takes no mailbox's lock, so it must never wait for a row either: a row that somebody else is deleting
		 * is skipped, and two sweepers never wait for each other. A batch at a time: a long statement would hold up
		 * senders by the disk and the processor alone.
		 *
		 * @returns how many rows went
		 */
		async sweep(): Promise<number> {
			let swept = 0;
			for (;;) {
				const { count } = await db.execute(sql`
					delete from signals where (mailbox_id, epoch, seq) in (
						select s.mailbox_id, s.epoch, s.seq from signals s
						join mailboxes m on m.id = s.mailbox_id
						where (s.epoch < m.epoch or (s.epoch = m.epoch and s.seq <= m.acked))
							-- Asked of the instant that has an index.
							and s.expires_at < statement_timestamp() - ${ackedAfterExpiry}
						order by s.expires_at limit ${SWEPT_AT_ONCE}
						for update of s skip locked
					)
				`);
				swept += count;
				if (count < SWEPT_AT_ONCE) return swept;
			}
		}
	};
}

/** How long ago a signal has expired that is as old as an acknowledged one may become. */
const ackedAfterExpiry: SQL = sql.raw(`interval '${ACKED_LIFETIME_MS - SIGNAL_LIFETIME_MS} milliseconds'`);
