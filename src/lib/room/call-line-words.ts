import type { CallLine } from '../call/core/inbox';
import { kindWords } from '../call/core/scene-words';
import { durationLabel } from '../ui/time';

/** What the line of a call says to who called, and to everybody else. */
export function callLineWords(
	{ kind, endReason, durationMs }: CallLine,
	own: boolean,
	caller: string
): string {
	const call = kindWords(kind).toLowerCase();
	switch (endReason) {
		case 'completed':
			return `${kindWords(kind)}, ${durationLabel(durationMs ?? 0)}`;
		case 'missed':
			return own ? `Nobody answered your ${call}` : `Missed ${call} from ${caller}`;
		case 'cancelled':
			return own ? `You cancelled your ${call}` : `Missed ${call} from ${caller}`;
		case 'declined':
			return own ? `Your ${call} was declined` : `${caller}’s ${call} was declined`;
		case 'failed':
			return own ? `Your ${call} did not connect` : `${caller}’s ${call} did not connect`;
	}
}

/** Whether somebody else called in vain. */
export const isMissedLine = ({ endReason }: CallLine, own: boolean): boolean =>
	!own && (endReason === 'missed' || endReason === 'cancelled');
