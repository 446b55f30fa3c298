import { z } from 'zod';

export const RING_TONES = ['chimes', 'telephone', 'steps'] as const;
export type RingTone = (typeof RING_TONES)[number];

/** How this browser tells its person of calls. */
export type Preferences = {
	/** 0 is silence, 100 as loud as it gets. */
	readonly loudness: number;
	readonly ringTone: RingTone;
	/** Whether calls are told of outside the page, where the browser allows it. */
	readonly notify: boolean;
};

const DEFAULTS: Preferences = { loudness: 50, ringTone: 'chimes', notify: true };
const MAX_STORED_LENGTH = 1_000;
export const PREFERENCES_KEY = 'parley.reached';

// One bad value costs that value only.
const stored = z.object({
	loudness: z.number().int().min(0).max(100).catch(DEFAULTS.loudness),
	ringTone: z.enum(RING_TONES).catch(DEFAULTS.ringTone),
	notify: z.boolean().catch(DEFAULTS.notify)
});

/** Asking for the storage throws where the browser forbids it: hence a function. */
type GetStorage = () => Pick<Storage, 'getItem' | 'setItem'>;

/** What is kept in this browser. Anything else that is found there counts for nothing. */
export function readPreferences(storage: GetStorage): Preferences {
	try {
		const text = storage().getItem(PREFERENCES_KEY);
		if (text === null || text.length > MAX_STORED_LENGTH) return DEFAULTS;
		const parsed = stored.safeParse(JSON.parse(text));
		return parsed.success ? parsed.data : DEFAULTS;
	} catch {
		return DEFAULTS;
	}
}

export function keepPreferences(preferences: Preferences, storage: GetStorage): void {
	try {
		storage().setItem(PREFERENCES_KEY, JSON.stringify(preferences));
	} catch {
		// Full or forbidden: it counts for this page.
	}
}
