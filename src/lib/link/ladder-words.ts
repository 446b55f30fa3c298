import { assertNever } from '../call/core/step';
import type { Ladder } from './ladder';
import type { Rung } from './link';
import { isLeftAlone } from './rung-health';

/** Which rung carries us. Polling counts as soon as the server answers it. */
export function rungOf(ladder: Ladder): Rung {
	if (ladder.phase !== 'reading') return 'none';
	if (ladder.stream === 'standing') return 'websocket';
	return ladder.reached ? 'poll' : 'none';
}

/** Why this rung and not a higher one, for a person; '' on the highest. */
export function explain(ladder: Ladder): string {
	if (ladder.phase === 'over') return ladder.signedOut ? 'The session is over.' : 'Stopped.';
	if (rungOf(ladder) === 'websocket') return '';
	if (ladder.offline) return 'This device is offline.';
	if (rungOf(ladder) === 'none') {
		const failing = ladder.pollFailures > 0 || ladder.openFailures > 0;
		return failing ? 'The server cannot be reached; trying again.' : 'Connecting to the server.';
	}
	switch (ladder.trouble) {
		case 'untried':
			return 'The WebSocket is being opened; polling until it stands.';
		case 'refused':
			return 'WebSocket is blocked; polling instead.';
		case 'lost':
			return isLeftAlone(ladder.health)
				? 'The WebSocket keeps breaking; polling for a while.'
				: 'The WebSocket was lost; polling until it is back.';
		default:
			return assertNever(ladder.trouble);
	}
}
