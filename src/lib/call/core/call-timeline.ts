import type { CallEvent } from './call';
import { presentDevices, type CallState } from './call-state';

export const HAPPENINGS = [
	'started',
	'busy',
	'declined',
	'missed',
	'cancelled',
	'joined',
	'moved',
	'reconnecting',
	'returned',
	'left',
	'removed',
	'host',
	'connected',
	'ended'
] as const;
export type HappeningKind = (typeof HAPPENINGS)[number];

/**
 * One thing that happened in a call, for its record: what people remember of it, without media or addresses. `userId`: to
 * whom; null for the call as a whole.
 */
export type Happening = { readonly kind: HappeningKind; readonly userId: string | null };

const SETTLED = ['busy', 'declined', 'missed', 'cancelled'] as const;

/**
 * What the step from one state of a call to the next was, in the order in which one would tell it.
 *
 * @param event what made the step; null for the first
 */
export function happenedBetween(
	before: CallState | null,
	after: CallState,
	event: CallEvent | null
): Happening[] {
	const started: Happening[] = before ? [] : [{ kind: 'started', userId: after.callerId }];
	const people = after.participants.flatMap(({ userId }) => happenedTo(userId, before, after, event));
	const live = after.phase !== 'ended';
	const host: Happening[] =
		before && live && before.hostId !== after.hostId ? [{ kind: 'host', userId: after.hostId }] : [];
	const connected: Happening[] =
		after.connectedAt !== null && before?.connectedAt === null ? [{ kind: 'connected', userId: null }] : [];
	// Anybody may ask for it, also when its time is up in that moment: only a host's word ends it.
	const endedBy = event?.type === 'end' && event.userId === before?.hostId ? event.userId : null;
	const ended: Happening[] = live ? [] : [{ kind: 'ended', userId: endedBy }];
	return [...started, ...connected, ...people, ...host, ...ended];
}

function happenedTo(
	userId: string,
	before: CallState | null,
	after: CallState,
	event: CallEvent | null
): Happening[] {
	const participantIn = (call: CallState | null) => call?.participants.find((one) => one.userId === userId);
	const deviceIn = (call: CallState | null) =>
		call ? presentDevices(call).find((device) => device.userId === userId) : undefined;
	const [was, is] = [participantIn(before), participantIn(after)];
	const [from, to] = [deviceIn(before), deviceIn(after)];

	const kinds: HappeningKind[] = [];
	const settled = SETTLED.find((invite) => invite === is?.invite);
	if (settled && was?.invite !== settled) kinds.push(settled);
	// The caller of a call that begins is in it: that is said.
	if (!from && to && before) kinds.push('joined');
	if (from && to && from.deviceId !== to.deviceId) kinds.push('moved');
	if (from && to && from.deviceId === to.deviceId && from.presence !== to.presence) {
		kinds.push(to.presence === 'joined' ? 'returned' : 'reconnecting');
	}
	if (is?.removedAt != null && was?.removedAt == null) kinds.push('removed');
	// Who is there when it ends has not left it, but for the one by whose leaving it ended.
	else if (from && !to && (after.phase !== 'ended' || isLeaver(before, from, event))) kinds.push('left');
	return kinds.map((kind) => ({ kind, userId }));
}

/** Whoever leaves while it still rings cancels it: that is told of those it rang at. */
function isLeaver(before: CallState | null, device: { deviceId: string }, event: CallEvent | null): boolean {
	return before?.phase === 'active' && event?.type === 'leave' && event.deviceId === device.deviceId;
}
