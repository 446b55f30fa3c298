import { and, asc, eq, getTableColumns, gt, inArray, ne, sql } from 'drizzle-orm';
import type { CallSettings, CallState } from '../../call/core/call-state';
import { nextDeadline } from '../../call/core/call-state';
import { clock } from '../db/columns';
import type { DbOrTx, Tx } from '../db/client';
import { callDevices, callHappenings, callParticipants, calls, rooms, users } from '../db/schema';
import type { CallTx } from './ledger';

type CallTxDeps = {
	settings: CallSettings;
	memberIds: (tx: Tx, roomId: string) => Promise<string[]>;
	/** Begins a device's mailbox anew within our transaction. */
	raiseEpoch: (tx: Tx, deviceId: string) => Promise<number>;
};

/** The tables of calls, as the ledger asks for them. */
export function createCallTx(tx: Tx, { settings, memberIds, raiseEpoch }: CallTxDeps): CallTx {
	return {
		now: () => databaseNow(tx),
		async lockRoom(roomId) {
			const found = await tx.select({ id: rooms.id }).from(rooms).where(eq(rooms.id, roomId)).for('update');
			return found.length > 0;
		},
		memberIds: (roomId) => memberIds(tx, roomId),
		async busyAmong(userIds) {
			const busy = await tx
				.select({ id: users.id })
				.from(users)
				.where(and(inArray(users.id, [...userIds]), gt(users.doNotDisturbUntil, sql`clock_timestamp()`)));
			return busy.map(({ id }) => id);
		},
		async liveCallIn(roomId) {
			const [live] = await tx
				.select({ id: calls.id })
				.from(calls)
				.where(and(eq(calls.roomId, roomId), ne(calls.phase, 'ended')));
			return live?.id ?? null;
		},
		lockCall: (callId) => lockCall(tx, callId),
		insertCall: (call) => insertCall(tx, call, settings),
		saveCall: (before, after) => saveCall(tx, before, after, settings),
		async noteHappenings(call, happenings, at) {
			if (happenings.length === 0) return;
			await tx.insert(callHappenings).values(
				happenings.map(({ kind, userId }, place) => ({
					callId: call.id,
					version: call.version,
					place,
					kind,
					userId,
					at
				}))
			);
		},
		async saveDeadline(call) {
			await tx
				.update(calls)
				.set({ nextDeadlineAt: nextDeadline(call, settings) })
				.where(eq(calls.id, call.id));
		},
		raiseEpoch: (deviceId) => raiseEpoch(tx, deviceId)
	};
}

/** The database's clock. It alone decides deadlines; asked after the locks are held. */
export async function databaseNow(db: DbOrTx): Promise<number> {
	const [row] = await db.execute<{ now: string }>(
		sql`select floor(extract(epoch from clock_timestamp()) * 1000)::text as now`
	);
	return Number(row?.now);
}

/**
 * What is saved again. Without the columns that other rows refer to: an upsert that sets one, to whatever, locks the row against
 * who writes such a row, and that one may hold what the upsert wants next.
 */
const { callId: _ofParticipant, ...participantColumns } = getTableColumns(callParticipants);
const { callId: _ofDevice, ...deviceColumns } = getTableColumns(callDevices);

/** Loads a call and holds its row's lock until the transaction ends. Lock order: call, participants, mailboxes. */
export async function lockCall(tx: Tx, callId: string): Promise<CallState | null> {
	const [call] = await tx.select().from(calls).where(eq(calls.id, callId)).for('update');
	if (!call) return null;
	const participants = await tx
		.select(participantColumns)
		.from(callParticipants)
		.where(eq(callParticipants.callId, callId))
		.orderBy(asc(callParticipants.role), asc(callParticipants.userId));
	const devices = await tx
		.select(deviceColumns)
		.from(callDevices)
		.where(eq(callDevices.callId, callId))
		.orderBy(asc(callDevices.joinOrder));
	return { ...call, participants, devices };
}

async function insertCall(tx: Tx, call: CallState, settings: CallSettings): Promise<void> {
	await tx.insert(calls).values({ ...callColumns(call), nextDeadlineAt: nextDeadline(call, settings) });
	await saveParts(tx, null, call);
}

/** Writes what differs between the two. The caller holds the call's lock. */
async function saveCall(tx: Tx, before: CallState, after: CallState, settings: CallSettings): Promise<void> {
	await tx
		.update(calls)
		.set({ ...callColumns(after), nextDeadlineAt: nextDeadline(after, settings), changedAt: clock })
		.where(eq(calls.id, after.id));
	await saveParts(tx, before, after);
}

function callColumns(call: CallState) {
	const { participants: _participants, devices: _devices, ...columns } = call;
	return columns;
}

async function saveParts(tx: Tx, before: CallState | null, after: CallState): Promise<void> {
	for (const participant of after.participants) {
		if (before?.participants.includes(participant)) continue;
		const { userId, role, invite, ringUntil, answeredAt, leftAt, removedAt } = participant;
		await tx
			.insert(callParticipants)
			.values({
				callId: after.id,
				userId,
				role,
				invite,
				ringUntil,
				answeredAt,
				leftAt,
				removedAt,
				startedAt: after.startedAt
			})
			.onConflictDoUpdate({
				target: [callParticipants.callId, callParticipants.userId],
				set: { invite, ringUntil, answeredAt, leftAt, removedAt }
			});
	}
	for (const device of after.devices) {
		if (before?.devices.includes(device)) continue;
		const { deviceId: _deviceId, userId: _userId, ...columns } = device;
		await tx
			.insert(callDevices)
			.values({ callId: after.id, ...device })
			.onConflictDoUpdate({ target: [callDevices.callId, callDevices.deviceId], set: columns });
	}
}

/** Renews a lease without a transition: nothing that others see changes. @returns whether it was joined */
export async function renewLease(
	tx: Tx,
	callId: string,
	deviceId: string,
	leaseMs: number
): Promise<boolean> {
	const rows = await tx
		.update(callDevices)
		.set({ leaseUntil: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` })
		.where(
			and(
				eq(callDevices.callId, callId),
				eq(callDevices.deviceId, deviceId),
				eq(callDevices.presence, 'joined')
			)
		)
		.returning({ deviceId: callDevices.deviceId });
	return rows.length > 0;
}
