import { eq, inArray, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Cursor } from '../../call/core/signal';
import type { Bus } from '../bus/bus';
import { NO_TRUST, Remembered, type Trust } from '../bus/remembered';
import { clock } from '../db/columns';
import type { Db, Tx } from '../db/client';
import { noteEndings } from '../db/endings';
import { devices, mailboxes } from '../db/schema';
import { arrayParam } from '../db/arrays';
import { lockMailboxes } from './locks';

/** How many devices one sweep ends: their locks are held together. */
const MAX_SWEPT_DEVICES = 500;

/** A device, and whose it is. */
type Owned = { id: string; userId: string };

const topicOf = (deviceId: string) => `device:${deviceId}` as const;

/** Page loads and other programs' connections, each with a mailbox of its own. */
export function createDevices({ db, bus, trust = NO_TRUST }: { db: Db; bus: Bus; trust?: Trust }) {
	const owners = new Remembered<Owned>({ trust });
	const findOwner = db
		.select({
			id: devices.id,
			userId: devices.userId,
			seenLongAgo: sql<boolean>`${devices.seenAt} < ${clock} - interval '1 minute'`
		})
		.from(devices)
		.where(eq(devices.id, sql.placeholder('deviceId')))
		.prepare('find_device_owner');
	/** Held since `noteSeen` was asked last. */
	const seen = new Set<string>();
	bus.subscribeAll((news, topic) => {
		if (news.type === 'closed' && topic.startsWith('device:')) owners.forget(topic.slice('device:'.length));
	});

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
		async require(deviceId: string, userId: string): Promise<Owned> {
			const device = await owners.get(deviceId, async () => {
				const [found] = await findOwner.execute({ deviceId });
				if (!found) return null;
				const { seenLongAgo, ...owned } = found;
				if (seenLongAgo && owned.userId === userId) {
					await db.update(devices).set({ seenAt: clock }).where(eq(devices.id, deviceId));
				}
				return owned;
			});
			return device?.userId === userId ? device : fail('device/not-found');
		},

		/**
		 * Keeps a device known, and seen, for as long as somebody reads for it: its end will be heard.
		 *
		 * @returns what lets go of it
		 */
		hold(deviceId: string): () => void {
			seen.add(deviceId);
			return owners.hold(deviceId);
		},

		isHeld: (deviceId: string): boolean => owners.isHeld(deviceId),

		/** Notes, of all at once, that they were there; due once a minute. */
		async noteSeen(): Promise<void> {
			owners.prune();
			const ids = [...seen];
			for (const id of ids) if (!owners.isHeld(id)) seen.delete(id);
			// Never waits for a row: another server may note the same devices in another order.
			await db.execute(sql`
				update devices set seen_at = clock_timestamp()
				where id in (
					select id from devices
					where id = any(${arrayParam(ids, 'uuid')}) and seen_at < clock_timestamp() - interval '30 seconds'
					for update skip locked
				)
			`);
		},

		/** Tells who reads for devices that are gone: for when their end could not be heard. */
		async verifyHeld(): Promise<void> {
			const gone = await db.execute<{ id: string }>(sql`
				select held.id from unnest(${arrayParam(owners.held(), 'uuid')}) as held (id)
				where not exists (select from devices where devices.id = held.id)
			`);
			for (const { id } of gone) bus.publishHere([topicOf(id)], { type: 'closed' });
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
