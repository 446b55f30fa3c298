import { clockTime } from '../../ui/time';
import { assertNever } from '../core/step';
import type { HappeningKind } from '../core/call-timeline';
import type { HistoryOutcome } from '../core/outcome';
import { callerName, kindWords, listNames, ringWords } from '../core/scene-words';
import type { CallSnapshot, ParticipantSnapshot } from '../core/snapshot';
import type { DeviceProblem, RemoteView, SessionView } from '../session/view';

export { callerName, kindWords, ringWords };

/** "Calling Bob…" */
export function callingWords(call: CallSnapshot): string {
	const rung = call.participants.filter((one) => one.role === 'callee').map((one) => one.displayName);
	const few = rung.length > 3 ? [...rung.slice(0, 2), `${rung.length - 2} others`] : rung;
	return `Calling ${listNames(few)}…`;
}

/** Of those whom a call rings at and who are not there: "Bob is offline and may not see this call in time". */
export function offlineWords(call: CallSnapshot, offline: readonly string[]): string {
	const names = call.participants.filter((one) => offline.includes(one.userId)).map((one) => one.displayName);
	if (names.length === 0) return '';
	const few = names.length > 3 ? `${names.length} of them` : listNames(names);
	return `${few} ${names.length === 1 ? 'is' : 'are'} offline and may not see this call in time`;
}

/** Who is in a live call: "Ann and Bob". */
export function insideWords(call: CallSnapshot, userId: string): string {
	const inside = new Set(call.devices.map((device) => device.userId));
	const names = call.participants
		.filter((one) => inside.has(one.userId))
		.map((one) => (one.userId === userId ? 'you, on another device' : one.displayName));
	return listNames(names);
}

/** What keeps one from seeing or hearing somebody just now; null when nothing does. */
export function connectionWords(remote: RemoteView): string | null {
	if (remote.presence === 'reconnecting') return `${remote.displayName} is reconnecting…`;
	switch (remote.status?.connectionState) {
		case 'connected':
			return missingWords(remote);
		case 'disconnected':
			return 'The connection is interrupted. Looking for another way…';
		case 'failed':
			return `No way to ${remote.displayName} was found. Still trying…`;
		case undefined:
		case 'new':
		case 'connecting':
		case 'closed':
			return 'Connecting…';
	}
}

function missingWords({ displayName, missing }: RemoteView): string | null {
	const [one, more] = missing;
	if (!one) return null;
	if (more) return `Nothing comes from ${displayName}, though you are connected`;
	return one === 'audio'
		? `No sound comes from ${displayName}: their microphone may be held back`
		: `No picture comes from ${displayName}: their camera may be held back`;
}

/** Somebody's part in the call, where it is not simply being in it. */
export function participantWords(one: ParticipantSnapshot, isInside: boolean): string | null {
	if (isInside) return null;
	if (one.removed) return 'removed';
	switch (one.invite) {
		case 'ringing':
			return 'ringing';
		case 'accepted':
			return 'left';
		case 'declined':
			return 'declined';
		case 'missed':
			return 'did not answer';
		case 'busy':
			return 'busy';
		case 'cancelled':
			return 'not invited any more';
	}
}

const NEVER_CAME: Record<ParticipantSnapshot['invite'], string> = {
	ringing: 'ringing',
	accepted: 'was not there',
	declined: 'declined',
	missed: 'did not answer',
	busy: 'busy',
	cancelled: 'not called any more'
};

/** Of a call that is over: "14:02 to 14:05", "did not answer". */
export function stayWords(one: {
	invite: ParticipantSnapshot['invite'];
	joinedAt: number | null;
	leftAt: number | null;
}): string {
	if (one.joinedAt === null) return NEVER_CAME[one.invite];
	return one.leftAt === null
		? `from ${clockTime(one.joinedAt)}`
		: `${clockTime(one.joinedAt)} to ${clockTime(one.leftAt)}`;
}

const OUTCOMES: Record<'incoming' | 'outgoing', Record<HistoryOutcome, string>> = {
	incoming: {
		answered: 'Answered',
		declined: 'You declined',
		missed: 'Missed',
		cancelled: 'Missed',
		busy: 'Missed while you were busy',
		failed: 'Could not connect'
	},
	outgoing: {
		answered: 'Answered',
		declined: 'Declined',
		missed: 'Not answered',
		cancelled: 'Cancelled',
		busy: 'Busy',
		failed: 'Could not connect'
	}
};

/** How a call went, as its viewer would tell it. */
export function outcomeWords(entry: { direction: 'incoming' | 'outgoing'; outcome: HistoryOutcome }): string {
	return OUTCOMES[entry.direction][entry.outcome];
}

/** "Ann joined", "You left": one line of a call's record. */
export function happeningWords(kind: HappeningKind, name: string | null): string {
	const who = name ?? 'Somebody';
	switch (kind) {
		case 'started':
			return `${who} called`;
		case 'busy':
			return `${who} did not want to be disturbed`;
		case 'declined':
			return `${who} declined`;
		case 'missed':
			return `${who} did not answer`;
		case 'cancelled':
			return `${who} was not called any more`;
		case 'joined':
			return `${who} joined`;
		case 'moved':
			return `${who} went on at another device`;
		case 'reconnecting':
			return `${who} lost the connection`;
		case 'returned':
			return `${who} came back`;
		case 'left':
			return `${who} left`;
		case 'removed':
			return `${who} was removed by the host`;
		case 'host':
			return `${who} became host`;
		case 'connected':
			return 'Connected: media flowed';
		case 'ended':
			return name === null ? 'The call ended' : `${name} ended the call`;
	}
}

/** What is wrong with a device, and the way out. */
export function problemWords({ device, reason }: DeviceProblem): string {
	const Device = device === 'camera' ? 'Camera' : 'Microphone';
	switch (reason) {
		case 'denied':
			return `${Device} is blocked. Allow it in the site settings, beside the browser's address bar, then try again.`;
		case 'denied-by-system':
			return `Your system does not let the browser use the ${device}. Allow it in the system's privacy settings, then try again.`;
		case 'missing':
			return `No ${device} was found. Plug one in, then try again.`;
		case 'in-use':
			return `${Device} is in use by another program. Close it there, then try again, or choose another ${device}.`;
		case 'insecure':
			return `${Device} is not available, because this page was opened without https. Ask for its https address.`;
		case 'stopped':
			return `${Device} was stopped by the browser or the system. To go on with it, try again.`;
		case 'held-back':
			return device === 'camera'
				? 'The others cannot see you: your system or another program holds the camera back. Let it go there, or try again.'
				: 'The others cannot hear you: your microphone is muted by the system. Turn it on there, or try again.';
		case 'failed':
			return `${Device} could not be started. Plug it in anew, or choose another ${device}, then try again.`;
		default:
			return assertNever(reason);
	}
}

export function rungWords(rung: SessionView['link']['rung']): string {
	switch (rung) {
		case 'websocket':
			return 'WebSocket';
		case 'sse':
			return 'Server-sent events';
		case 'long-poll':
			return 'Long polling';
		case 'short-poll':
			return 'Short polling';
		case 'none':
			return 'Not connected';
	}
}

/** "0:07", "12:30", "1:02:03". */
export function timerWords(elapsedMs: number): string {
	const seconds = Math.max(0, Math.floor(elapsedMs / 1000));
	const pad = (n: number) => String(n).padStart(2, '0');
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor(seconds / 60) % 60;
	return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
