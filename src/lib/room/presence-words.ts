import type { MemberPresence } from '../call/core/presence';
import { dayLabel } from '../ui/time';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** "Online", "Last seen 5 min ago". @param now on the server's clock, as `lastSeenAt` is */
export function presenceWords({ presence, lastSeenAt }: MemberPresence, now: number): string {
	switch (presence) {
		case 'online':
			return 'Online';
		case 'in-call':
			return 'In a call';
		case 'do-not-disturb':
			return 'Do not disturb';
		case 'offline':
			return lastSeenAt === null ? 'Offline' : `Last seen ${agoWords(lastSeenAt, now)}`;
	}
}

function agoWords(instant: number, now: number): string {
	const ago = now - instant;
	if (ago < MINUTE_MS) return 'just now';
	if (ago < HOUR_MS) return `${Math.floor(ago / MINUTE_MS)} min ago`;
	const day = dayLabel(instant, now);
	if (day === 'Today') return `${Math.floor(ago / HOUR_MS)} h ago`;
	return day === 'Yesterday' ? 'yesterday' : day;
}
