const DAY_MS = 86_400_000;

function startOfDay(instant: number): number {
	return new Date(instant).setHours(0, 0, 0, 0);
}

export function sameDay(a: number, b: number): boolean {
	return startOfDay(a) === startOfDay(b);
}

/** "14:05", as this person's locale writes it. */
export function clockTime(instant: number): string {
	return new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

/** "14:05:09". */
export function clockSeconds(instant: number): string {
	return new Date(instant).toLocaleTimeString();
}

/** "14:05" today, "Tuesday 14:05" on another day of the next seven. */
export function untilTime(instant: number, now: number): string {
	if (sameDay(instant, now)) return clockTime(instant);
	const day = new Date(instant).toLocaleDateString(undefined, { weekday: 'long' });
	return `${day} ${clockTime(instant)}`;
}

/** "Today", "Yesterday", "Monday", "3 June 2026". */
export function dayLabel(instant: number, now: number): string {
	// Rounded, because a day with a change of clocks is 23 or 25 hours long.
	const daysAgo = Math.round((startOfDay(now) - startOfDay(instant)) / DAY_MS);
	if (daysAgo === 0) return 'Today';
	if (daysAgo === 1) return 'Yesterday';
	const date = new Date(instant);
	if (daysAgo > 1 && daysAgo < 7) return date.toLocaleDateString(undefined, { weekday: 'long' });
	return date.toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
}

/** "4 s", "3 min 5 s", "1 h 2 min". */
export function durationLabel(durationMs: number): string {
	const seconds = Math.max(0, Math.round(durationMs / 1000));
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
	return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}
