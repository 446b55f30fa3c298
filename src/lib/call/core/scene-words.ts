import type { CallKind, CallSnapshot, InviteState } from './snapshot';

/** What a person is told about a call, once. `offers`: what makes sense to do next, in the words of its button. */
export type Words = {
	readonly text: string;
	readonly tone: 'neutral' | 'problem';
	readonly offers?: 'Call again' | 'Call back';
};

const neutral = (text: string): Words => ({ text, tone: 'neutral' });
const again = (text: string): Words => ({ ...neutral(text), offers: 'Call again' });
const missed = (call: CallSnapshot): Words => ({
	...neutral(`Missed call from ${callerName(call)}`),
	offers: 'Call back'
});

/** How a call ended, for a device that was in it. */
export function wordsForEnd(call: CallSnapshot): Words {
	const callees = call.participants.filter((one) => one.role === 'callee');
	const named = (invite: InviteState) =>
		listNames(callees.filter((one) => one.invite === invite).map((one) => one.displayName));
	switch (call.endReason) {
		case 'failed':
			return {
				text: `The call failed: ${asSentence(call.failure ?? 'no connection came up')}`,
				tone: 'problem',
				offers: 'Call again'
			};
		case 'declined':
			return again(`${named('declined')} declined`);
		case 'busy':
			return again(callees.length === 1 ? `${named('busy')} is busy` : 'Everybody is busy');
		case 'missed':
			return again(callees.length === 1 ? `${callees[0]?.displayName} did not answer` : 'Nobody answered');
		case 'cancelled':
			return neutral('Call cancelled');
		case 'completed':
		case null:
			return neutral('Call ended');
	}
}

/** What became of a ring that stopped without this device's doing; null when there is nothing to tell. */
export function wordsForRing(call: CallSnapshot, userId: string): Words | null {
	const invite = inviteOf(call, userId);
	switch (invite) {
		case 'accepted':
			return neutral('Answered on another device');
		case 'declined':
			return neutral('Declined on another device');
		case 'missed':
		case 'busy':
			return missed(call);
		case 'cancelled':
			// Also when the person was removed from the room; then the call goes on without them.
			return call.phase === 'ended' ? missed(call) : null;
		case 'ringing':
		case undefined:
			return null;
	}
}

export function inviteOf(call: CallSnapshot, userId: string): InviteState | undefined {
	return call.participants.find((one) => one.userId === userId)?.invite;
}

export function callerName(call: CallSnapshot): string {
	return call.participants.find((one) => one.userId === call.callerId)?.displayName ?? 'Somebody';
}

export function kindWords(kind: CallKind): string {
	return kind === 'video' ? 'Video call' : 'Audio call';
}

/** What rings, beside the name of who calls: "Video call", "Audio call in Kitchen". */
export function ringWords(call: Pick<CallSnapshot, 'kind' | 'direct' | 'roomName'>): string {
	return `${kindWords(call.kind)}${call.direct ? '' : ` in ${call.roomName}`}`;
}

/** "Ann", "Ann and Bob", "Ann, Bob and Cem". */
export function listNames(names: readonly string[]): string {
	const last = names.at(-1) ?? '';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function asSentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
