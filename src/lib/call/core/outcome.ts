import type { EndReason, InviteState } from './snapshot';

/** Invites that count as missed by who got them: a caller's cancel too. */
export const MISSED_INVITES = ['missed', 'cancelled', 'busy'] as const satisfies readonly InviteState[];

export type HistoryOutcome = 'answered' | 'declined' | 'missed' | 'cancelled' | 'busy' | 'failed';

/** What became of a call for one person in it: a fact of the rows, never a guess of a client. */
export function outcomeFor(
	role: 'caller' | 'callee',
	invite: InviteState,
	endReason: EndReason | null
): HistoryOutcome {
	if (role === 'caller') return endReason === null || endReason === 'completed' ? 'answered' : endReason;
	if (invite === 'declined') return 'declined';
	if (invite !== 'accepted') return 'missed';
	return endReason === 'failed' ? 'failed' : 'answered';
}
