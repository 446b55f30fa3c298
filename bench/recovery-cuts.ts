import type { Behaviour } from '../tests/fixtures/net/two-nats';

/** What breaks in the middle of a call. */
export type Cut = {
	readonly name: string;
	/** The NATs of both before, so that the call goes the way that is to break. */
	readonly before: Behaviour;
	/** And after; `coturn`: it is killed, and starts again at once. */
	readonly cut: Behaviour | 'coturn';
	/** After this long all is as before, and from then on it is timed; null: nothing comes back. */
	readonly backAfterMs: number | null;
};

export const CUTS: readonly Cut[] = [
	{
		name: 'coturn killed and started again, no other way',
		before: { symmetric: true },
		cut: 'coturn',
		backAfterMs: null
	},
	{ name: 'direct path gone, TURN left', before: {}, cut: { apart: true }, backAfterMs: null },
	{ name: 'all UDP gone, TURN over TCP left', before: {}, cut: { withoutUdp: true }, backAfterMs: null },
	{
		name: 'all gone, signaling too; from its return after 5 s',
		before: {},
		cut: { offline: true },
		backAfterMs: 5_000
	},
	{
		name: 'all gone, signaling too; from its return after 20 s',
		before: {},
		cut: { offline: true },
		backAfterMs: 20_000
	}
];
