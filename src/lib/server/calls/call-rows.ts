import { and, asc, eq, sql } from 'drizzle-orm';
import type { CallSettings, CallState } from '../../call/core/call-state';
import { nextDeadline } from '../../call/core/call-state';
import { clock } from '../db/columns';
import type { DbOrTx, Tx } from '../db/client';
import { callDevices, callParticipants, calls } from '../db/schema';

/** The database's clock. It alone decides deadlines; asked after the locks are held. */
export async function databaseNow(db: DbOrTx): Promise<number> {
	const [row] = await db.execute<{ now: string }>(
		sql`select floor(extract(epoch from clock_timestamp()) * 1000)::text as now`
	);
	return Number(row?.now);
}

/** Loads a call and holds its row's lock until the transaction ends. Lock order: call, participants, mailboxes. */
export async function lockCall(tx: Tx, callId: string): Promise<CallState | null> {
	const [call] = await tx.select().from(calls).where(eq(calls.id, callId)).for('update');
	if (!call) return null;
	const participants = await tx
		.select()
		.from(callParticipants)
		.where(eq(callParticipants.callId, callId))
		.orderBy(asc(callParticipants.role), asc(callParticipants.userId));
	const devices = await tx
		.select()
		.from(callDevices)
		.where(eq(callDevices.callId, callId))
		.orderBy(asc(callDevices.joinOrder));
	return { ...call, participants, devices };
}

export async function insertCall(tx: Tx, call: CallState, settings: CallSettings): Promise<void> {
	await tx.insert(calls).values({ ...callColumns(call), nextDeadlineAt: nextDeadline(call, settings) });
	await saveParts(tx, null, call);
}

/** Writes what differs between the two. The caller holds the call's lock. */
export async function saveCall(
	tx: Tx,
	before: CallState,
	after: CallState,
	settings: CallSettings
): Promise<void> {
	await tx
		.update(calls)
		.set({ ...callColumns(after), nextDeadlineAt: nextDeadline(after, settings), changedAt: clock })
		.where(eq(calls.id, after.id));
	await saveParts(tx, before, after);
}

/** Only when the sweeper should look again. */
export async function saveDeadline(tx: Tx, call: CallState, settings: CallSettings): Promise<void> {
	await tx
		.update(calls)
		.set({ nextDeadlineAt: nextDeadline(call, settings) })
		.where(eq(calls.id, call.id));
}

function callColumns(call: CallState) {
	const { participants: _participants, devices: _devices, ...columns } = call;
	return columns;
}

async function saveParts(tx: Tx, before: CallState | null, after: CallState): Promise<void> {
	for (const participant of after.participants) {
		if (before?.participants.includes(participant)) continue;
		const { userId, role, invite, ringUntil, answeredAt, leftAt } = participant;
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
				startedAt: after.startedAt
			})
			.onConflictDoUpdate({
				target: [callParticipants.callId, callParticipants.userId],
				set: { invite, ringUntil, answeredAt, leftAt }
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
