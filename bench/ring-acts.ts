/** What people do in a call that others see. */
export const ACTS = ['call', 'accept', 'mute', 'decline', 'leave', 'end'] as const;
export type Act = (typeof ACTS)[number];
/** Milliseconds, one per call. */
export type RingGame = Record<Act, number[]>;

export const emptyGame = (): RingGame => ({
	call: [],
	accept: [],
	mute: [],
	decline: [],
	leave: [],
	end: []
});
