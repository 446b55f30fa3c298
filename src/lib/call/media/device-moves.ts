import { idToOpen, isListed, type DeviceEntry } from './device-list';

/** What is to be done for one kind of device, after something was plugged in or out. */
export type DeviceMove =
	| 'none'
	/** Open what there is now, in place of what is gone. */
	| 'replace'
	/** The chosen one is there again: open it. */
	| 'take-back'
	/** What was in use is unplugged, and there is no other. */
	| 'go-without';

export type DeviceFacts = {
	/** Was in use until it ended by itself, and nothing has taken its place. */
	readonly lost: DeviceEntry | null;
	/** The id of the device in use, if it is the chosen one; null for any other, undefined while none is open. */
	readonly openedBy: string | null | undefined;
	readonly chosen: DeviceEntry | null;
	/** Of this kind: what there was, and what there is. */
	readonly before: readonly DeviceEntry[];
	readonly now: readonly DeviceEntry[];
};

/**
 * Decides what plugging in and out means for a call.
 *
 * A device that ended and is listed still was stopped on purpose (in the browser's bar, by the system): it stays off
 * until its person turns it on. A device that is there but not used is taken only in the moment it appears, so a
 * person who was given another one by the browser keeps that.
 */
export function moveFor({ lost, openedBy, chosen, before, now }: DeviceFacts): DeviceMove {
	const wanted = idToOpen(chosen, now);
	const appeared =
		wanted !== null && now.some(({ id }) => id === wanted) && !before.some(({ id }) => id === wanted);
	if (lost) {
		const cameBack = isListed(now, lost) && !isListed(before, lost);
		if (cameBack || appeared) return 'take-back';
		if (isListed(now, lost)) return 'none';
		return now.length > 0 ? 'replace' : 'go-without';
	}
	if (openedBy === undefined || openedBy === wanted) return 'none';
	// Before the first list, everything would seem to have appeared.
	return appeared && before.length > 0 ? 'take-back' : 'none';
}
