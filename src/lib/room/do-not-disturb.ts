const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MORNING_HOUR = 8;

/** How long somebody may want to be left alone; `morning` depends on when it is asked. */
export const PAUSES = ['30-minutes', '1-hour', '4-hours', 'morning', '1-week'] as const;
export type Pause = (typeof PAUSES)[number];

/** @param now Unix milliseconds. @returns milliseconds from then */
export function pauseMs(pause: Pause, now: number): number {
	switch (pause) {
		case '30-minutes':
			return 30 * MINUTE_MS;
		case '1-hour':
			return HOUR_MS;
		case '4-hours':
			return 4 * HOUR_MS;
		case 'morning':
			return nextMorning(now) - now;
		case '1-week':
			return 7 * 24 * HOUR_MS;
	}
}

/** The next 8:00 that is at least a minute away, by this person's clock. */
function nextMorning(now: number): number {
	const morning = new Date(now + MINUTE_MS);
	if (morning.getHours() >= MORNING_HOUR) morning.setDate(morning.getDate() + 1);
	return morning.setHours(MORNING_HOUR, 0, 0, 0);
}
