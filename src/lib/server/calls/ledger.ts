import { isFarewell, startCall, transition, type CallEvent, type StartCall } from '../../call/core/call';
import { happenedBetween, type Happening } from '../../call/core/call-timeline';
import { presentDevices, type CallSettings, type CallState } from '../../call/core/call-state';
import { fail } from '../../call/core/errors';

/**
 * What the ledger asks of the tables, within one transaction. Lock order: room, call, participants, mailboxes. The tests'
 * simulation has another one of these, in memory.
 */
export type CallTx = {
	/** The store's clock, which alone decides deadlines. Asked after the locks are held. */
	now(): Promise<number>;
	/** Nobody joins or leaves the room until the transaction ends. @returns whether there is such a room */
	lockRoom(roomId: string): Promise<boolean>;
	/** Whom a call concerns most comes first. */
	memberIds(roomId: string): Promise<string[]>;
	/** Of these people: who is not to be disturbed just now. */
	busyAmong(userIds: readonly string[]): Promise<string[]>;
	liveCallIn(roomId: string): Promise<string | null>;
	lockCall(callId: string): Promise<CallState | null>;
	insertCall(call: CallState): Promise<void>;
	saveCall(before: CallState, after: CallState): Promise<void>;
	/** Adds to the call's record what made this version of it. */
	noteHappenings(call: CallState, happenings: readonly Happening[], at: number): Promise<void>;
	/** Nothing changed, but the sweeper should look again. */
	saveDeadline(call: CallState): Promise<void>;
	/** Begins a device's mailbox anew. */
	raiseEpoch(deviceId: string): Promise<number>;
};

/** A call after a transaction, and who must hear of it once that is committed. */
export type Entry = {
	call: CallState;
	/** Nobody, when nothing changed. */
	hearers: readonly string[];
	/** A device that came back, whose mailbox began anew. */
	returned: { deviceId: string; epoch: number } | null;
};

export type StartInput = Omit<StartCall, 'callerId' | 'calleeIds' | 'busyIds'> & { userId: string };

/** Applies one event to one call. @throws {ParleyError} `call/not-found`, and what the transition refuses */
export async function applyEvent(
	tx: CallTx,
	callId: string,
	event: CallEvent,
	settings: CallSettings
): Promise<Entry> {
	const before = await tx.lockCall(callId);
	return before ? applyTo(tx, before, event, settings) : fail('call/not-found');
}

/** @param before under its lock */
async function applyTo(
	tx: CallTx,
	before: CallState,
	event: CallEvent,
	settings: CallSettings
): Promise<Entry> {
	const now = await tx.now();
	const call = transition(before, event, now, settings);
	if (call === before) {
		// Leases are renewed without touching the call's row: note when the next one may lapse.
		if (event.type === 'tick' && call.phase !== 'ended') await tx.saveDeadline(call);
		return { call, hearers: [], returned: null };
	}
	await tx.saveCall(before, call);
	await tx.noteHappenings(call, happenedBetween(before, call, event), now);
	const deviceId = returnedDevice(before, call);
	// Signals from before it left are told from those after by the epoch, like its old connections.
	const returned = deviceId === null ? null : { deviceId, epoch: await tx.raiseEpoch(deviceId) };
	return { call, hearers: hearersOf(call, await tx.memberIds(call.roomId)), returned };
}

/**
 * Starts the room's call, or joins the one that somebody else started a moment before: who call each other in the same
 * instant meet in one call. One that is only over because of its deadline makes room for the new one.
 *
 * @returns the calls that changed, the one that was asked for last
 * @throws {ParleyError} `room/not-found`, `call/nobody-to-call`, `call/full`
 */
export async function startOrJoin(
	tx: CallTx,
	{ userId, ...input }: StartInput,
	settings: CallSettings
): Promise<Entry[]> {
	if (!(await tx.lockRoom(input.roomId))) return fail('room/not-found');
	const liveId = await tx.liveCallIn(input.roomId);
	// It may have ended before we had its lock; the room's keeps others from starting the next one meanwhile.
	const live = liveId === null ? null : await tx.lockCall(liveId);
	const joins = live !== null && live.phase !== 'ended';
	const found = joins ? [await applyTo(tx, live, { ...input, userId, type: 'join' }, settings)] : [];
	if (found.some(({ call }) => call.phase !== 'ended')) return found;
	const memberIds = await tx.memberIds(input.roomId);
	const calleeIds = memberIds.filter((memberId) => memberId !== userId).slice(0, settings.ringAtMost);
	const busyIds = await tx.busyAmong(calleeIds);
	const now = await tx.now();
	const call = startCall({ ...input, callerId: userId, calleeIds, busyIds }, now, settings);
	await tx.insertCall(call);
	await tx.noteHappenings(call, happenedBetween(null, call, null), now);
	return [...found, { call, hearers: hearersOf(call, memberIds), returned: null }];
}

/** The deadline had passed: the call's end is saved, and what was asked came too late. Asked after the commit. */
export function refuseTooLate(call: CallState, event: CallEvent): void {
	if (call.phase !== 'ended' || isFarewell(event)) return;
	fail(event.type === 'accept' ? 'call/not-ringing' : 'call/over');
}

/** The room's members, and who is or was invited: somebody may have left the room meanwhile. */
function hearersOf(call: CallState, memberIds: readonly string[]): string[] {
	return [...new Set([...memberIds, ...call.participants.map(({ userId }) => userId)])];
}

/** The device that left this call earlier and came in again with this transition. */
function returnedDevice(before: CallState, after: CallState): string | null {
	const left = new Set(before.devices.filter((one) => one.presence === 'left').map((one) => one.deviceId));
	return presentDevices(after).find((one) => left.has(one.deviceId))?.deviceId ?? null;
}
