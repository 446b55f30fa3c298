import { randomUUID } from 'node:crypto';
import { and, eq, inArray, isNull, lte, ne, sql } from 'drizzle-orm';
import type { CallEvent } from '../../call/core/call';
import type { CallSettings, DeviceMedia, MediaChoice } from '../../call/core/call-state';
import { fail } from '../../call/core/errors';
import type { HostEvent } from '../../call/core/host-moves';
import { MISSED_INVITES } from '../../call/core/outcome';
import type { CallSnapshot } from '../../call/core/snapshot';
import type { Bus, Topic } from '../bus/bus';
import type { Db, Tx } from '../db/client';
import { callDevices, calls } from '../db/schema';
import { createAccess } from './access';
import { createCallTx, lockCall, renewLease } from './call-rows';
import { createConnections } from './connections';
import { createDoNotDisturb } from './do-not-disturb';
import { createHistory } from './history';
import { applyEvent, refuseTooLate, startOrJoin, type Entry, type StartInput } from './ledger';
import { createQuality } from './quality';
import { prepareSnapshots } from './snapshots';

/** Tells whoever must know. Run it after the commit, never before. */
type AfterCommit = () => void;

type CallsDeps = {
	db: Db;
	bus: Bus;
	settings: CallSettings;
	memberIds: (tx: Tx, roomId: string) => Promise<string[]>;
	endDevices: (tx: Tx, deviceIds: string[]) => Promise<AfterCommit>;
	/** Begins a device's mailbox anew within our transaction. */
	raiseEpoch: (tx: Tx, deviceId: string) => Promise<number>;
};

export type Calls = ReturnType<typeof createCalls>;

const MAX_DUE_AT_ONCE = 100;

/** The life of calls: each change is one transition of `core`, applied under the call's row lock. */
export function createCalls({ db, bus, settings, memberIds, endDevices, raiseEpoch }: CallsDeps) {
	const snapshots = prepareSnapshots(db, settings);
	const callTx = (tx: Tx) => createCallTx(tx, { settings, memberIds, raiseEpoch });

	/** Run it after the commit, never before. */
	function announce({ call, hearers, returned }: Entry): void {
		if (hearers.length === 0) return;
		bus.publish(
			hearers.map((userId): Topic => `user:${userId}`),
			{ type: 'call', callId: call.id, version: call.version }
		);
		const missedBy = call.participants.filter(({ invite }) => MISSED_INVITES.some((one) => one === invite));
		bus.publish(
			missedBy.map((one): Topic => `user:${one.userId}`),
			{ type: 'standing', changedAt: null }
		);
		if (!returned) return;
		const { deviceId, epoch } = returned;
		bus.publish([`device:${deviceId}`], { type: 'mailbox', epoch, head: 0 });
	}

	async function apply(callId: string, event: CallEvent): Promise<void> {
		const entry = await db.transaction((tx) => applyEvent(callTx(tx), callId, event, settings));
		announce(entry);
		refuseTooLate(entry.call, event);
	}

	async function requireSnapshot(callId: string, viewerId: string): Promise<CallSnapshot> {
		return (await snapshots.one(callId, viewerId)) ?? fail('call/not-found');
	}

	return {
		...createHistory({ db, bus }),
		...createDoNotDisturb({ db, bus }),
		...createAccess({ db }),
		...createConnections({ db, snapshots }),
		...createQuality({ db }),
		snapshot: snapshots.one,

		/** All live calls that this person may see. */
		live: snapshots.live,

		get: requireSnapshot,

		/** Starts a call, or joins the one that somebody else started a moment before. */
		async start(input: Omit<StartInput, 'id'>): Promise<CallSnapshot> {
			const id = randomUUID();
			const entries = await db.transaction((tx) => startOrJoin(callTx(tx), { ...input, id }, settings));
			for (const entry of entries) announce(entry);
			return requireSnapshot(entries.at(-1)?.call.id ?? id, input.userId);
		},

		async accept(
			input: { callId: string; userId: string; deviceId: string } & MediaChoice
		): Promise<CallSnapshot> {
			await apply(input.callId, { ...input, type: 'accept' });
			return requireSnapshot(input.callId, input.userId);
		},

		/**
		 * Comes in without a ring. `replaces` is the device that this one was before a reload; it ends in the
		 * same transaction, mailbox and all, so nothing is sent to a page that is gone.
		 */
		async join(
			input: { callId: string; userId: string; deviceId: string; replaces: string | null } & MediaChoice
		): Promise<CallSnapshot> {
			const { callId, userId, deviceId, replaces } = input;
			const event = { ...input, type: 'join' } as const;
			const { entry, closeIt } = await db.transaction(async (tx) => {
				const entry = await applyEvent(callTx(tx), callId, event, settings);
				if (replaces === null || replaces === deviceId) return { entry, closeIt: () => {} };
				const mine = await tx
					.select({ deviceId: callDevices.deviceId })
					.from(callDevices)
					.where(and(eq(callDevices.deviceId, replaces), eq(callDevices.userId, userId)));
				return { entry, closeIt: await endDevices(tx, mine.length > 0 ? [replaces] : []) };
			});
			announce(entry);
			closeIt();
			refuseTooLate(entry.call, event);
			return requireSnapshot(callId, userId);
		},

		decline: (callId: string, userId: string) => apply(callId, { type: 'decline', userId }),
		leave: (callId: string, deviceId: string) => apply(callId, { type: 'leave', deviceId }),
		end: (callId: string, userId: string) => apply(callId, { type: 'end', userId }),
		/** What a host does to the others in the call. */
		asHost: (callId: string, event: HostEvent) => apply(callId, event),
		stay: (callId: string, deviceId: string) => apply(callId, { type: 'stay', deviceId }),
		setMedia: (callId: string, deviceId: string, media: DeviceMedia) =>
			apply(callId, { ...media, type: 'media-chosen', deviceId }),
		setHand: (callId: string, deviceId: string, raised: boolean) =>
			apply(callId, { type: 'hand-set', deviceId, raised }),
		away: (callId: string, deviceId: string) => apply(callId, { type: 'device-silent', deviceId }),
		connected: (callId: string, deviceId: string) => apply(callId, { type: 'media-connected', deviceId }),
		failed: (callId: string, deviceId: string, why: string) =>
			apply(callId, { type: 'media-failed', deviceId, why }),

		/** Keeps a device in its call; one that was reconnecting is back. */
		async renew(callId: string, deviceId: string): Promise<void> {
			const joined = await db.transaction((tx) => renewLease(tx, callId, deviceId, settings.leaseLifetimeMs));
			if (!joined) await apply(callId, { type: 'device-heard', deviceId });
		},

		/** Within the transaction that removes a member: their invite, devices and mailboxes go with them. */
		async onMemberGone(tx: Tx, gone: { roomId: string; userId: string }): Promise<AfterCommit> {
			const [live] = await tx
				.select({ id: calls.id })
				.from(calls)
				.where(and(eq(calls.roomId, gone.roomId), ne(calls.phase, 'ended')));
			if (!live) return () => {};
			const event = { type: 'member-gone', userId: gone.userId } as const;
			const entry = await applyEvent(callTx(tx), live.id, event, settings);
			const devices = await tx
				.select({ deviceId: callDevices.deviceId })
				.from(callDevices)
				.where(and(eq(callDevices.callId, live.id), eq(callDevices.userId, gone.userId)));
			const closeThem = await endDevices(
				tx,
				devices.map((device) => device.deviceId)
			);
			return () => {
				announce(entry);
				closeThem();
			};
		},

		/**
		 * Begins a mailbox anew and tells its call, in one transaction: both ends see the same epoch rise.
		 *
		 * @param stillDue asked under the call's lock, so that two who found the same mailbox raise it once
		 */
		async resetMailbox(
			deviceId: string,
			stillDue: (tx: Tx) => Promise<boolean> = async () => true
		): Promise<void> {
			const after = await db.transaction(async (tx) => {
				const [joined] = await tx
					.select({ callId: callDevices.callId })
					.from(callDevices)
					.innerJoin(calls, eq(calls.id, callDevices.callId))
					.where(
						and(
							eq(callDevices.deviceId, deviceId),
							ne(callDevices.presence, 'left'),
							ne(calls.phase, 'ended')
						)
					);
				// The call's lock comes before the mailbox's.
				if (joined) await lockCall(tx, joined.callId);
				if (!(await stillDue(tx))) return () => {};
				const reset = { type: 'mailbox-reset', deviceId } as const;
				const entry = joined ? await applyEvent(callTx(tx), joined.callId, reset, settings) : null;
				const epoch = await raiseEpoch(tx, deviceId);
				return () => {
					if (entry) announce(entry);
					bus.publish([`device:${deviceId}`], { type: 'mailbox', epoch, head: 0 });
				};
			});
			after();
		},

		/** Applies every deadline that is due. @returns how many calls were looked at */
		async sweepDeadlines(): Promise<number> {
			const due = await db
				.select({ id: calls.id })
				.from(calls)
				.where(and(ne(calls.phase, 'ended'), lte(calls.nextDeadlineAt, sql`clock_timestamp()`)))
				.limit(MAX_DUE_AT_ONCE);
			for (const { id } of due) await apply(id, { type: 'tick' });
			return due.length;
		},

		/**
		 * Gives every device a whole new lease or grace. After a restart or an outage their silence was ours:
		 * they could not have been heard.
		 */
		async forgiveSilence(): Promise<void> {
			const liveCalls = db.select({ id: calls.id }).from(calls).where(ne(calls.phase, 'ended'));
			await db
				.update(callDevices)
				.set({
					leaseUntil: sql`greatest(${callDevices.leaseUntil}, clock_timestamp() + ${settings.leaseLifetimeMs} * interval '1 millisecond')`
				})
				.where(and(eq(callDevices.presence, 'joined'), inArray(callDevices.callId, liveCalls)));
			await db
				.update(callDevices)
				.set({
					graceUntil: sql`greatest(${callDevices.graceUntil}, clock_timestamp() + ${settings.reconnectGraceMs} * interval '1 millisecond')`
				})
				.where(
					and(
						eq(callDevices.presence, 'reconnecting'),
						isNull(callDevices.leftAt),
						inArray(callDevices.callId, liveCalls)
					)
				);
		}
	};
}
