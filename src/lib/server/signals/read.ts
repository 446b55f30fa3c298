import { eq, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Cursor, DeliveredSignal, SignalKind } from '../../call/core/signal';
import type { Db } from '../db/client';
import { mailboxes } from '../db/schema';

/** A page ends with the signal that reaches this. */
const MAX_PAGE_BYTES = 128 * 1024;

/** The mailbox, and one of its signals beside it; without signals there is one row of the mailbox alone. */
type ReadRow = { epoch: number; head: number } & (
	| { seq: null }
	| {
			seq: number;
			callId: string;
			fromDeviceId: string;
			kind: SignalKind;
			callVersion: number;
			body: Buffer;
	  }
);

/** What a mailbox shows, and how far it was taken. */
export function createReader({ db }: { db: Db }) {
	return {
		/**
		 * Signals behind the cursor, ascending and without a hole; of another epoch than the cursor's, from its
		 * beginning. What was acknowledged is not shown again, since part of it may be gone: a cursor from before
		 * it reads on behind it.
		 *
		 * One statement, so that epoch and rows are of one snapshot. At most `limit` signals, and no more than fit a
		 * page: what a slow reader has not taken yet is held in memory.
		 *
		 * @throws {ParleyError} `device/not-found`
		 */
		async read(
			deviceId: string,
			cursor: Cursor,
			limit: number
		): Promise<{ epoch: number; head: number; signals: DeliveredSignal[] }> {
			const rows = await db.execute<ReadRow>(sql`
				select m.epoch, m.head, unread.*
				from mailboxes m
				left join lateral (
					select page.* from (
						select s.seq, s.call_id as "callId", s.from_device_id as "fromDeviceId", s.kind,
							s.call_version as "callVersion", s.body,
							sum(octet_length(s.body)) over (order by s.seq) - octet_length(s.body) as before
						from signals s
						where s.mailbox_id = m.id and s.epoch = m.epoch
							and s.seq > m.acked
							and s.seq > case when m.epoch = ${cursor.epoch}::bigint then ${cursor.seq}::bigint else 0 end
						order by s.seq limit ${limit}
					) page
					where page.before < ${MAX_PAGE_BYTES}
				) unread on true
				where m.id = ${deviceId}
				order by unread.seq
			`);
			const [first] = rows;
			if (!first) return fail('device/not-found');
			return { epoch: first.epoch, head: first.head, signals: rows.flatMap(toSignal) };
		},

		/** Everything up to the cursor was taken. Never goes back or past the head; another epoch's is ignored. */
		async ack(deviceId: string, cursor: Cursor): Promise<void> {
			await db.execute(sql`
				update mailboxes set acked = least(head, ${cursor.seq}::bigint)
				where id = ${deviceId} and epoch = ${cursor.epoch}::bigint
					and acked < least(head, ${cursor.seq}::bigint)
			`);
		},

		/**
		 * The newest seq of the mailbox's epoch.
		 *
		 * @throws {ParleyError} `device/not-found`
		 */
		async head(deviceId: string): Promise<Cursor> {
			const [mailbox] = await db
				.select({ epoch: mailboxes.epoch, seq: mailboxes.head })
				.from(mailboxes)
				.where(eq(mailboxes.id, deviceId));
			return mailbox ?? fail('device/not-found');
		}
	};
}

function toSignal(row: ReadRow): DeliveredSignal[] {
	if (row.seq === null) return [];
	const { epoch, seq, callId, fromDeviceId, kind, callVersion, body } = row;
	const envelope = { v: 1, kind, callVersion, body: body.toString('base64') } as const;
	return [{ epoch, seq, callId, fromDeviceId, envelope }];
}
