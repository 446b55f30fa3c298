import type { CallSnapshot, InviteState } from './snapshot';

/** What a person is told about a call, once. */
export type Words = { readonly text: string; readonly tone: 'neutral' | 'problem' };

const neutral = (text: string): Words => ({ text, tone: 'neutral' });

/** How a call ended, for a device that was in it. */
export function wordsForEnd(call: CallSnapshot): Words {
	const callees = call.participants.filter((one) => one.role === 'callee');
	const named = (invite: InviteState) =>
		listNames(callees.filter((one) => one.invite === invite).map((one) => one.displayName));
	switch (call.endReason) {
		case 'failed':
			return {
				text: `The call failed: ${asSentence(call.failure ?? 'no connection came up')}`,
				tone: 'problem'
			};
		case 'declined':
			return neutral(`${named('declined')} declined`);
		case 'busy':
			return neutral(callees.length === 1 ? `${named('busy')} is busy` : 'Everybody is busy');
		case 'missed':
			return neutral(callees.length === 1 ? `${callees[0]?.displayName} did not answer` : 'Nobody answered');
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
			return neutral(`Missed call from ${callerName(call)}`);
		case 'cancelled':
			// Also when the person was removed from the room; then the call goes on without them.
			return call.phase === 'ended' ? neutral(`Missed call from ${callerName(call)}`) : null;
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

/** "Ann", "Ann and Bob", "Ann, Bob and Cem". */
export function listNames(names: readonly string[]): string {
	const last = names.at(-1) ?? '';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function asSentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
