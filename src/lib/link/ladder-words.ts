import { offeredRung, type OfferedRung } from '../call/core/rung';
import { assertNever } from '../call/core/step';
import { carrier, isInBackground, pollRung, polls, uses, type Ladder, type StreamRung } from './ladder-state';
import type { Rung } from './link';
import { isLeftAlone } from './rung-health';

/** Which rung carries us. Polling counts as soon as the server answers it, also while one long poll that was cut off is in doubt. */
export function rungOf(ladder: Ladder): Rung {
	if (ladder.phase !== 'reading') return 'none';
	const stream = carrier(ladder);
	if (stream) return stream;
	const away = ladder.pollFailures > 0 && !ladder.longPolls.suspect;
	if (!polls(ladder) || !ladder.answered || away) return 'none';
	// Only where nothing else may carry: what is read in between must not pass for the rung itself.
	if (pollRung(ladder) === 'long-poll' && ladder.longPolls.resting) return 'none';
	return pollRung(ladder);
}

/** Why this rung and not a higher one, for a person; '' on the highest of an untouched ladder. */
export function explain(ladder: Ladder): string {
	const { choice } = ladder;
	const reasons = reasonsOf(ladder);
	if (!choice || ladder.phase === 'over') return reasons.join(' ');
	const where = choice.by === 'address' ? "by this page's address" : 'in the settings';
	return [...reasons, `Chosen ${where}; no other way is tried.`].join(' ');
}

function reasonsOf(ladder: Ladder): string[] {
	if (ladder.phase === 'over') return [ladder.signedOut ? 'The session is over.' : 'Stopped.'];
	const rung = rungOf(ladder);
	if (rung === 'none') return [whyNone(ladder)];
	if (ladder.choice) return [];
	const higher = offeredRung.options.slice(0, offeredRung.options.indexOf(rung));
	const reasons = higher.filter((one) => uses(ladder, one) || !isInBackground(ladder));
	const words = reasons.map((one) => whyNot(ladder, one)).filter((why) => why !== '');
	return reasons.length < higher.length ? [...words, 'This tab is in the background.'] : words;
}

function whyNone(ladder: Ladder): string {
	if (ladder.offline) return 'This device is offline.';
	const why = ladder.phase === 'reading' && ladder.choice ? whyNot(ladder, ladder.choice.rung) : '';
	if (why) return why;
	const failing = ladder.pollFailures > 0 || ladder.openFailures > 0;
	return failing ? 'The server cannot be reached; trying again.' : 'Connecting to the server.';
}

const STREAM_WORDS: Record<
	StreamRung,
	{ opening: string; blocked: string; failing: string; lost: string; unstable: string }
> = {
	websocket: {
		opening: 'The WebSocket is being opened.',
		blocked: 'The WebSocket is blocked.',
		failing: 'The WebSocket cannot be opened.',
		lost: 'The WebSocket was lost and is tried again.',
		unstable: 'The WebSocket keeps breaking and is left alone for a while.'
	},
	sse: {
		opening: 'Server-sent events are being opened.',
		blocked: 'Server-sent events are blocked.',
		failing: 'Server-sent events cannot be opened.',
		lost: 'Server-sent events were lost and are tried again.',
		unstable: 'Server-sent events keep breaking and are left alone for a while.'
	}
};

const NOT_OFFERED: Record<OfferedRung, string> = {
	websocket: 'The WebSocket is turned off on this server.',
	sse: 'Server-sent events are turned off on this server.',
	'long-poll': 'Long polls are turned off on this server.',
	'short-poll': 'Short polls are turned off on this server.'
};

/** Why this rung does not carry us; '' when there is nothing against it. */
function whyNot(ladder: Ladder, rung: OfferedRung): string {
	if (!ladder.offered.includes(rung)) return NOT_OFFERED[rung];
	if (rung === 'short-poll') return '';
	if (rung === 'long-poll') return ladder.longPolls.resting ? 'Long polls are cut off on the way.' : '';
	const { at, trouble, health } = ladder[rung];
	const words = STREAM_WORDS[rung];
	switch (trouble) {
		case 'untried':
			return at === 'opening' ? words.opening : '';
		case 'refused':
			// Blocked: the server answers everything else.
			return polls(ladder) ? words.blocked : words.failing;
		case 'lost':
			return isLeftAlone(health) && polls(ladder) ? words.unstable : words.lost;
		default:
			return assertNever(trouble);
	}
}
