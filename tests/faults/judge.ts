import type { Cursor } from '../../src/lib/call/core/signal';
import { cursorOf, type DeviceFacts, type History, type SignalFacts } from './history';

/**
 * Holds a history against the promise: every acknowledged signal takes effect once, in its sender's order, or both
 * ends see the same epoch rise. What counts, and why, is written in docs/RELIABILITY.md.
 */
export type Fault =
	/** Acknowledged, and neither took effect nor went with an epoch. */
	| 'lost'
	/** Took effect, or was stored, more than once. */
	| 'doubled'
	/** Took effect after a later one of the same sender, or out of its mailbox's order. */
	| 'out-of-order'
	/** It went with an epoch, and one end did not see that; or the ends disagree about the epoch at the end. */
	| 'unequal-epochs'
	/** Took effect without having been stored there: the server showed what it had not committed. */
	| 'never-stored'
	/** The sender was told that it will not arrive, and it was stored. */
	| 'refused-yet-stored'
	/** Neither acknowledged nor refused, though everything works again. */
	| 'unsettled'
	/** A link gave up its device while the server still had it. */
	| 'forgotten-wrongly'
	/** A reader stands behind its mailbox's head. */
	| 'behind';

export type Violation = {
	readonly fault: Fault;
	readonly text: string;
	/** The signal in question. */
	readonly number: number | null;
	readonly deviceId: string | null;
};

export type Verdict = {
	readonly violations: readonly Violation[];
	readonly counts: Counts;
};

export type Counts = {
	queued: number;
	acknowledged: number;
	/** Acknowledged ones that took effect. */
	tookEffect: number;
	/** Acknowledged ones that went with an epoch whose rise both ends saw. */
	wentWithEpoch: number;
	/** Acknowledged ones whose receiver ended, as both ends saw. */
	wentWithDevice: number;
	refused: number;
	/** Rises of a mailbox's epoch that its reader saw. */
	epochsRisen: number;
};

export function judge(history: History): Verdict {
	const violations: Violation[] = [];
	const complain = (fault: Fault, text: string, number: number | null, deviceId: string | null = null) =>
		violations.push({ fault, text, number, deviceId });
	const effects = effectsOf(history);
	const places = new Map<number, Cursor[]>();
	for (const { number, at } of history.stored) places.set(number, [...(places.get(number) ?? []), at]);

	for (const device of history.devices.values()) judgeReading(device, history, complain);
	const counts: Counts = {
		queued: history.signals.size,
		acknowledged: 0,
		tookEffect: 0,
		wentWithEpoch: 0,
		wentWithDevice: 0,
		refused: 0,
		epochsRisen: [...history.devices.values()]
			.flatMap(({ heard }) => heard)
			.filter(({ type }) => type === 'epoch').length
	};
	for (const signal of history.signals.values()) {
		const stored = places.get(signal.number) ?? [];
		const heard = effects.get(signal.number) ?? [];
		if (signal.acknowledgedAt.length > 0) counts.acknowledged += 1;
		if (signal.refusedAt !== null) counts.refused += 1;
		if (heard.length > 1) complain('doubled', `took effect ${heard.length} times`, signal.number);
		else if (stored.length > 1) complain('doubled', `was stored ${stored.length} times`, signal.number);
		const [effect] = heard;
		if (effect && !stored.some((at) => isSame(at, effect)))
			complain('never-stored', `took effect at ${say(effect)} and is not stored there`, signal.number);
		const outcome = judgeOutcome(signal, history, stored, effect !== undefined);
		if (outcome === null) continue;
		if (typeof outcome === 'string') counts[outcome] += 1;
		else complain(outcome.fault, outcome.text, signal.number);
	}
	return { violations, counts };
}

const isSame = (a: Cursor, b: Cursor) => a.epoch === b.epoch && a.seq === b.seq;
const say = ({ epoch, seq }: Cursor) => `${epoch}:${seq}`;

function effectsOf(history: History): Map<number, Cursor[]> {
	const effects = new Map<number, Cursor[]>();
	for (const { heard } of history.devices.values()) {
		for (const one of heard) {
			if (one.type === 'signal') effects.set(one.number, [...(effects.get(one.number) ?? []), one.at]);
		}
	}
	return effects;
}

/** What became of one signal: where it is counted, what is wrong with it, or null when nothing is to be said. */
function judgeOutcome(
	signal: SignalFacts,
	{ devices, mailboxes }: History,
	stored: readonly Cursor[],
	tookEffect: boolean
): 'tookEffect' | 'wentWithEpoch' | 'wentWithDevice' | { fault: Fault; text: string } | null {
	const from = devices.get(signal.from);
	const to = devices.get(signal.to);
	if (!from || !to) return { fault: 'unsettled', text: 'its sender or receiver is unknown to the run' };
	// Its program ended it, or the server did and told its link: nobody reads that mailbox any more.
	const receiverEnded = to.endedAt !== null || (to.forgottenAt !== null && !mailboxes.has(signal.to));
	if (signal.acknowledgedAt.length === 0) {
		if (signal.refusedAt !== null) {
			if (stored.length === 0 || receiverEnded) return null;
			return {
				fault: 'refused-yet-stored',
				text: `was refused, and is stored at ${stored.map(say).join(', ')}`
			};
		}
		// It may have been taken, and nobody is left to hear of it.
		if (from.endedAt !== null || from.forgottenAt !== null) return null;
		return { fault: 'unsettled', text: 'is neither acknowledged nor refused' };
	}
	if (tookEffect) return 'tookEffect';
	const [place] = stored;
	if (!place) return { fault: 'lost', text: 'was acknowledged and never stored' };
	if (receiverEnded) {
		if (from.seenGone.has(signal.to) || from.endedAt !== null || from.forgottenAt !== null)
			return 'wentWithDevice';
		return { fault: 'unequal-epochs', text: 'its receiver has ended, and its sender does not see that' };
	}
	const readTo = cursorOf(to).epoch;
	if (readTo <= place.epoch)
		return { fault: 'lost', text: `was stored at ${say(place)}, its reader passed it and its epoch stands` };
	const seenBySender = from.seenEpochs.get(signal.to) ?? 0;
	if (seenBySender > place.epoch || from.endedAt !== null || from.forgottenAt !== null)
		return 'wentWithEpoch';
	return {
		fault: 'unequal-epochs',
		text: `went with epoch ${place.epoch}; its reader is in epoch ${readTo}, and its sender saw ${seenBySender}`
	};
}

type Complain = (fault: Fault, text: string, number: number | null, deviceId: string | null) => void;

/** One reader: its mailbox's order without a hole, each sender's order, and at the end the mailbox's own place. */
function judgeReading(
	device: DeviceFacts,
	{ signals, mailboxes, devices }: History,
	complain: Complain
): void {
	const { deviceId } = device;
	let at = device.start;
	const newest = new Map<string, number>();
	for (const one of device.heard) {
		if (one.type === 'epoch') {
			if (one.epoch <= at.epoch)
				complain('out-of-order', `epoch ${one.epoch} came after ${say(at)}`, null, deviceId);
			at = { epoch: one.epoch, seq: 0 };
			continue;
		}
		if (one.at.epoch !== at.epoch || one.at.seq !== at.seq + 1)
			complain('out-of-order', `${say(one.at)} took effect after ${say(at)}`, one.number, deviceId);
		at = one.at;
		const signal = signals.get(one.number);
		if (!signal || signal.to !== deviceId) {
			complain('never-stored', 'took effect at a device that it was not for', one.number, deviceId);
			continue;
		}
		const before = newest.get(signal.from) ?? 0;
		if (one.number < before)
			complain('out-of-order', `took effect after its sender's later ${before}`, one.number, deviceId);
		newest.set(signal.from, Math.max(before, one.number));
	}
	const mailbox = mailboxes.get(deviceId);
	if (device.forgottenAt !== null && mailbox)
		complain('forgotten-wrongly', 'was given up, and its mailbox is there', null, deviceId);
	if (device.endedAt !== null || device.forgottenAt !== null) return;
	if (!mailbox) {
		complain('behind', 'its mailbox is gone, and its link does not know', null, deviceId);
		return;
	}
	if (!isSame(mailbox, at))
		complain('behind', `reads at ${say(at)}, its mailbox is at ${say(mailbox)}`, null, deviceId);
	for (const other of devices.values()) {
		const seen = other.seenEpochs.get(deviceId);
		const gone = other.endedAt !== null || other.forgottenAt !== null || other.seenGone.has(deviceId);
		if (other !== device && !gone && seen !== undefined && seen !== mailbox.epoch)
			complain(
				'unequal-epochs',
				`${other.name} sees its epoch at ${seen}, it is ${mailbox.epoch}`,
				null,
				deviceId
			);
	}
}
