import { and, eq, inArray, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Cursor } from '../../call/core/signal';
import type { Bus } from '../bus/bus';
import { clock } from '../db/columns';
import type { Db, Tx } from '../db/client';
import { noteEndings } from '../db/endings';
import { devices, mailboxes } from '../db/schema';
import { arrayParam } from './arrays';
import { lockMailboxes } from './locks';

/** How many devices one sweep ends: their locks are held together. */
const MAX_SWEPT_DEVICES = 500;

const topicOf = (deviceId: string) => `device:${deviceId}` as const;

/** Page loads and other programs' connections, each with a mailbox of its own. */
export function createDevices({ db, bus }: { db: Db; bus: Bus }) {
	const announceEnd = (deviceIds: readonly string[]) => {
		bus.publish(deviceIds.map(topicOf), { type: 'closed' });
	};

	return {
		/** A new device, with an empty mailbox. */
		async open(userId: string): Promise<{ deviceId: string; cursor: Cursor }> {
			const deviceId = await db.transaction(async (tx) => {
				const [device] = await tx.insert(devices).values({ userId }).returning({ id: devices.id });
				if (!device) throw new Error('An inserted device was not returned.');
				await tx.insert(mailboxes).values({ id: device.id });
				return device.id;
			});
			return { deviceId, cursor: { epoch: 1, seq: 0 } };
		},

		/**
		 * That this device is that person's. Notes that it was seen, at most once a minute.
		 *
		 * @throws {ParleyError} `device/not-found`
		 */
		async require(deviceId: string, userId: string): Promise<{ id: string; userId: string }> {
			const [device] = await db
				.select({
					id: devices.id,
					userId: devices.userId,
					seenLongAgo: sql<boolean>`${devices.seenAt} < ${clock} - interval '1 minute'`
				})
				.from(devices)
				.where(and(eq(devices.id, deviceId), eq(devices.userId, userId)));
			if (!device) return fail('device/not-found');
			if (device.seenLongAgo) {
				await db.update(devices).set({ seenAt: clock }).where(eq(devices.id, deviceId));
			}
			return { id: device.id, userId: device.userId };
		},

		/**
		 * Deletes these devices with their mailboxes, in somebody's transaction.
		 *
		 * @returns what tells their streams; to be called after the commit
		 */
		async end(tx: Tx, deviceIds: string[]): Promise<() => void> {
			if (deviceIds.length === 0) return () => {};
			await lockMailboxes(tx, deviceIds);
			const ended = await tx
				.delete(devices)
				.where(inArray(devices.id, deviceIds))
				.returning({ id: devices.id });
			const ids = ended.map(({ id }) => id);
			await noteEndings(tx, ids.map(topicOf));
			return () => announceEnd(ids);
		},

		/**
		 * Ends devices that were not seen for five minutes and are in no live call.
		 *
		 * @returns how many went
		 */
		async sweep(): Promise<number> {
			const ended = await db.transaction(
				async (tx) => {
					const stale = await tx.execute<{ id: string }>(sql`
						select mailboxes.id from mailboxes join devices on devices.id = mailboxes.id
						where ${isForgotten} order by mailboxes.id limit ${MAX_SWEPT_DEVICES}
						for update of mailboxes skip locked
					`);
					if (stale.length === 0) return [];
					// Asked again: a device may have come back, or into a call, while we took the locks.
					const gone = await tx.execute<{ id: string }>(sql`
						delete from devices
						where id = any(${arrayParam(
							stale.map(({ id }) => id),
							'uuid'
						)}) and ${isForgotten}
						returning id
					`);
					const ids = gone.map(({ id }) => id);
					await noteEndings(tx, ids.map(topicOf));
					return ids;
				},
				{ isolationLevel: 'read committed' }
			);
			announceEnd(ended);
			return ended.length;
		}
	};
}

export type Devices = ReturnType<typeof createDevices>;

const isForgotten = sql.raw(`(
	devices.seen_at < statement_timestamp() - interval '5 minutes'
	and not exists (
		select from call_devices join calls on calls.id = call_devices.call_id
		where call_devices.device_id = devices.id
			and call_devices.presence <> 'left' and calls.phase <> 'ended'
	)
)`);
