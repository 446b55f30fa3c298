import type { Cursor } from '../../src/lib/call/core/signal';

/**
 * What the run saw happen, from outside the product: what clients queued and were answered, what their links handed
 * on, and what the database really stored (written down by a trigger of the run's own, in the product's transaction).
 * Instants are milliseconds since the run began.
 */
export type History = {
	/** By number; numbers rise in the order of queueing, across all writers. */
	readonly signals: ReadonlyMap<number, SignalFacts>;
	readonly devices: ReadonlyMap<string, DeviceFacts>;
	readonly stored: readonly StoredSignal[];
	/** The mailboxes that exist at the end. A device that is not here has ended. */
	readonly mailboxes: ReadonlyMap<string, Cursor>;
};

export type SignalFacts = {
	readonly number: number;
	/** Device ids. */
	readonly from: string;
	readonly to: string;
	readonly callId: string;
	readonly queuedAt: number;
	/** When the server's answer that it has it reached the sender; several when it was asked several times. */
	readonly acknowledgedAt: number[];
	/** When the link said that it will not arrive. */
	refusedAt: number | null;
};

export type Heard =
	| { readonly type: 'signal'; readonly number: number; readonly at: Cursor; readonly when: number }
	| { readonly type: 'epoch'; readonly epoch: number; readonly when: number };

export type DeviceFacts = {
	readonly deviceId: string;
	/** Whose it is, for people who read a report. */
	readonly name: string;
	/** Where its reading began: before all of `heard`. */
	start: Cursor;
	/** What took effect, in this order. */
	heard: Heard[];
	/** The highest epoch of each other device that a call snapshot showed it. */
	readonly seenEpochs: Map<string, number>;
	/** Devices that it saw in a call, and that were gone from the newest snapshot. */
	readonly seenGone: Set<string>;
	/** The program behind it ended it (a reload): whatever it had not sent died with it. */
	endedAt: number | null;
	/** Its link was told that the server does not know it any more. */
	forgottenAt: number | null;
};

export type StoredSignal = {
	readonly number: number;
	readonly from: string;
	readonly to: string;
	readonly at: Cursor;
};

export function newDevice(deviceId: string, name: string, start: Cursor = { epoch: 1, seq: 0 }): DeviceFacts {
	return {
		deviceId,
		name,
		start,
		heard: [],
		seenEpochs: new Map(),
		seenGone: new Set(),
		endedAt: null,
		forgottenAt: null
	};
}

/** How far a device has read. */
export function cursorOf({ start, heard }: DeviceFacts): Cursor {
	const last = heard.at(-1);
	if (!last) return start;
	return last.type === 'signal' ? last.at : { epoch: last.epoch, seq: 0 };
}
