/** What is known of one kind of media from one device: whether it comes while it should. */
export type MediaFlow = {
	/** Until then it came, or was not due; Unix milliseconds. */
	readonly until: number;
	readonly lookedAt: number;
	/** Since then, for how long the connection carried something else, ms. */
	readonly carriedMs: number;
	/** What had been received at the last look. */
	readonly count: number;
	/** Whether another connection was opened for its sake since it came last. */
	readonly renewed: boolean;
	/** It does not come, over the other connection neither. */
	readonly missing: boolean;
};

export type FlowLook = {
	/** Unix milliseconds. */
	readonly at: number;
	/** The other device says that it sends. */
	readonly sends: boolean;
	/** The connection stands. */
	readonly connected: boolean;
	/** Nothing whatever has come over it since the last look. */
	readonly silent: boolean;
	/** Packets received, or frames decoded, since the connection began. A new one begins at 0. */
	readonly count: number;
};

/** A sender that adapts, or a keyframe that is asked for again, takes a second or two; a person doubts after some more. */
export const STALLS_AFTER_MS = 6_000;
/** A path that carries nothing is ICE's to heal, which takes some seconds to notice and loses less than another connection does. */
export const SILENT_AFTER_MS = 12_000;
/** Between two looks of a page that runs: with more, it slept, and nothing can be said. */
const LONGEST_LOOK_MS = 3_000;

const startFlow = ({ at, count }: FlowLook): MediaFlow => ({
	until: at,
	lookedAt: at,
	carriedMs: 0,
	count,
	renewed: false,
	missing: false
});

/**
 * One more look, about once a second: a path that stands carries nothing when the sender's track was lost, a decoder hangs or only one
 * direction passes. Another connection heals most of that; it is tried once, and then the person is told.
 *
 * @param flow null at the first look
 * @returns `renew`: another connection is to be opened
 */
export function lookAtFlow(flow: MediaFlow | null, look: FlowLook): { flow: MediaFlow; renew: boolean } {
	const { at, sends, connected, silent, count } = look;
	if (!flow || !sends || count > flow.count) return { flow: startFlow(look), renew: false };
	const next = {
		...flow,
		lookedAt: at,
		carriedMs: flow.carriedMs + (silent ? 0 : at - flow.lookedAt),
		count
	};
	const slept = at - flow.lookedAt > LONGEST_LOOK_MS || at < flow.lookedAt;
	const given = { ...next, until: at, carriedMs: 0 };
	// A counter that begins anew is another connection's: it gets its time.
	if (!connected || slept || count < flow.count) return { flow: given, renew: false };
	// A path that carries again what it carried before brings a picture only with its next keyframe.
	const stalls = silent ? at - flow.until >= SILENT_AFTER_MS : next.carriedMs >= STALLS_AFTER_MS;
	if (!stalls) return { flow: next, renew: false };
	if (!flow.renewed) return { flow: { ...given, renewed: true }, renew: true };
	return { flow: { ...next, missing: true }, renew: false };
}
