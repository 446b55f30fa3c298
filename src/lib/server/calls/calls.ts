import { randomUUID } from 'node:crypto';
import { and, eq, inArray, isNull, lte, ne, sql } from 'drizzle-orm';
import { isFarewell, startCall, transition, type CallEvent } from '../../call/core/call';
import {
	presentDevices,
	type CallSettings,
	type CallState,
	type MediaChoice
} from '../../call/core/call-state';
import { fail } from '../../call/core/errors';
import type { CallKind, CallSnapshot } from '../../call/core/snapshot';
import type { Bus, Topic } from '../bus/bus';
import type { Db, Tx } from '../db/client';
import { callDevices, calls, rooms } from '../db/schema';
import { createAccess } from './access';
import { databaseNow, insertCall, lockCall, renewLease, saveCall, saveDeadline } from './call-rows';
import { createConnections } from './connections';
import { createHistory } from './history';
import { loadSnapshots, prepareLiveSnapshots } from './snapshots';

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
	/** Applies one event within a transaction. Lock order: call, participants, mailboxes. */
	async function applyIn(
		tx: Tx,
		callId: string,
		event: CallEvent
	): Promise<{ call: CallState; announceIt: AfterCommit }> {
		const before = await lockCall(tx, callId);
		if (!before) return fail('call/not-found');
		const call = transition(before, event, await databaseNow(tx), settings);
		if (call === before) {
			// Leases are renewed without touching the call's row: note when the next one may lapse.
			if (event.type === 'tick') await saveDeadline(tx, call, settings);
			return { call, announceIt: () => {} };
		}
		await saveCall(tx, before, call, settings);
		const returned = returnedDevice(before, call);
		// Signals from before it left are told from those after by the epoch, like its old connections.
		const epoch = returned === null ? null : await raiseEpoch(tx, returned);
		const audience = await memberIds(tx, call.roomId);
		return {
			call,
			announceIt() {
				announce(call, audience);
				if (epoch !== null) bus.publish([`device:${returned}`], { type: 'mailbox', epoch, head: 0 });
			}
		};
	}

	async function apply(callId: string, event: CallEvent): Promise<void> {
		const { call, announceIt } = await db.transaction((tx) => applyIn(tx, callId, event));
		announceIt();
		// The deadline had passed: the call's end is saved, and what was asked came too late.
		if (call.phase === 'ended' && !isFarewell(event)) {
			fail(event.type === 'accept' ? 'call/not-ringing' : 'call/over');
		}
	}

	function announce(call: CallState, audience: readonly string[]): void {
		const topics = new Set<Topic>();
		for (const userId of audience) topics.add(`user:${userId}`);
		for (const { userId } of call.participants) topics.add(`user:${userId}`);
		bus.publish([...topics], { type: 'call', callId: call.id, version: call.version });
		const missedBy = call.participants.filter((one) => one.invite === 'missed' || one.invite === 'cancelled');
		bus.publish(
			missedBy.map((one): Topic => `user:${one.userId}`),
			{ type: 'missed', seenAt: null }
		);
	}

	async function snapshot(callId: string, viewerId: string): Promise<CallSnapshot | null> {
		const [found] = await loadSnapshots(db, viewerId, { callIds: [callId] });
		return found ?? null;
	}

	async function requireSnapshot(callId: string, viewerId: string): Promise<CallSnapshot> {
		return (await snapshot(callId, viewerId)) ?? fail('call/not-found');
	}

	/** @returns the id of the room's live call after this: a new one, or the one that was quicker */
	async function startOrFind(
		tx: Tx,
		input: { roomId: string; userId: string; deviceId: string; kind: CallKind } & MediaChoice
	): Promise<{ call: CallState | null; callId: string; audience: string[] }> {
		// Under the room's lock nobody joins or leaves the room while the invites are written.
		const [room] = await tx.select().from(rooms).where(eq(rooms.id, input.roomId)).for('update');
		if (!room) return fail('room/not-found');
		const audience = await memberIds(tx, input.roomId);
		const [live] = await tx
			.select({ id: calls.id })
			.from(calls)
			.where(and(eq(calls.roomId, input.roomId), ne(calls.phase, 'ended')));
		if (live) return { call: null, callId: live.id, audience };

		const call = startCall(
			{
				id: randomUUID(),
				roomId: input.roomId,
				kind: input.kind,
				callerId: input.userId,
				deviceId: input.deviceId,
				microphoneEnabled: input.microphoneEnabled,
				cameraEnabled: input.cameraEnabled,
				calleeIds: audience.filter((userId) => userId !== input.userId)
			},
			await databaseNow(tx),
			settings
		);
		await insertCall(tx, call, settings);
		return { call, callId: call.id, audience };
	}

	return {
		...createHistory({ db, bus }),
		...createAccess({ db }),
		...createConnections({ db }),
		snapshot,

		/** All live calls that this person may see. */
		live: prepareLiveSnapshots(db),

		get: requireSnapshot,

		/** Starts a call, or joins the one that somebody else started a moment before. */
		async start(
			input: { roomId: string; userId: string; deviceId: string; kind: CallKind } & MediaChoice
		): Promise<CallSnapshot> {
			const { call, callId, audience } = await db.transaction((tx) => startOrFind(tx, input));
			if (call) announce(call, audience);
			else await apply(callId, { ...input, type: 'join' });
			return requireSnapshot(callId, input.userId);
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
			const { call, after } = await db.transaction(async (tx) => {
				const { call, announceIt } = await applyIn(tx, callId, { ...input, type: 'join' });
				if (replaces === null || replaces === deviceId) return { call, after: [announceIt] };
				const mine = await tx
					.select({ deviceId: callDevices.deviceId })
					.from(callDevices)
					.where(and(eq(callDevices.deviceId, replaces), eq(callDevices.userId, userId)));
				const closeIt = await endDevices(tx, mine.length > 0 ? [replaces] : []);
				return { call, after: [announceIt, closeIt] };
			});
			for (const run of after) run();
			// Its deadline had passed: the end is saved, and the join came too late.
			if (call.phase === 'ended') fail('call/over');
			return requireSnapshot(callId, userId);
		},

		decline: (callId: string, userId: string) => apply(callId, { type: 'decline', userId }),
		leave: (callId: string, deviceId: string) => apply(callId, { type: 'leave', deviceId }),
		end: (callId: string, userId: string) => apply(callId, { type: 'end', userId }),
		setMedia: (callId: string, deviceId: string, media: MediaChoice) =>
			apply(callId, { ...media, type: 'media-chosen', deviceId }),
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
			const { announceIt } = await applyIn(tx, live.id, { type: 'member-gone', userId: gone.userId });
			const devices = await tx
				.select({ deviceId: callDevices.deviceId })
				.from(callDevices)
				.where(and(eq(callDevices.callId, live.id), eq(callDevices.userId, gone.userId)));
			const closeThem = await endDevices(
				tx,
				devices.map((device) => device.deviceId)
			);
			return () => {
				announceIt();
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
				const told = joined ? await applyIn(tx, joined.callId, { type: 'mailbox-reset', deviceId }) : null;
				const epoch = await raiseEpoch(tx, deviceId);
				return () => {
					told?.announceIt();
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

/** The device that left this call earlier and came in again with this transition. */
function returnedDevice(before: CallState, after: CallState): string | null {
	const left = new Set(before.devices.filter((one) => one.presence === 'left').map((one) => one.deviceId));
	return presentDevices(after).find((one) => left.has(one.deviceId))?.deviceId ?? null;
}
