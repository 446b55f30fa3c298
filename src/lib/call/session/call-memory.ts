import { z } from 'zod';
import type { MediaChoice } from './call-server';

/** The call this page is in, as it must be known after a reload. */
export type RememberedCall = MediaChoice & { readonly callId: string; readonly deviceId: string };

/** What outlives a reload of this tab, and nothing else. */
export type CallMemory = {
	/** Holds the device's lock from here on. */
	remember(call: RememberedCall): void;
	forget(): void;
	/**
	 * The call that this tab was in a moment ago. Null when there is none, or when it is another tab's: a
	 * duplicated tab has a copy of the storage, but it cannot have the lock, which the first tab still holds.
	 */
	recall(): Promise<RememberedCall | null>;
};

export type MemoryDeps = {
	/** A function, because asking for it throws where the browser forbids storage. */
	readonly storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
	readonly locks: Pick<LockManager, 'request'> | undefined;
	/** Unix milliseconds. */
	readonly now: () => number;
};

const KEY = 'parley.call';
/** Far past every grace. A tab that is restored tomorrow must not walk into a call with its camera on. */
const STALE_AFTER_MS = 120_000;
/** A reloaded page may be here before its former self has let go of the lock. */
const LOCK_WITHIN_MS = 2_000;
/** What is remembered is said again with each thing that changes, and a storage takes its time. */
const WRITTEN_FOR_MS = 10_000;

const stored = z.object({
	callId: z.uuid(),
	deviceId: z.uuid(),
	microphoneEnabled: z.boolean(),
	cameraEnabled: z.boolean(),
	at: z.number()
});

export function createCallMemory({ storage, locks, now }: MemoryDeps): CallMemory {
	let held: { deviceId: string; release: () => void } | null = null;
	let written: { call: string; at: number } | null = null;

	function hold(deviceId: string): void {
		if (held?.deviceId === deviceId) return;
		held?.release();
		const holding = new Promise<void>((release) => (held = { deviceId, release }));
		locks?.request(lockOf(deviceId), () => holding).catch(() => undefined);
	}

	function read(): (RememberedCall & { at: number }) | null {
		try {
			const parsed = stored.safeParse(JSON.parse(storage().getItem(KEY) ?? 'null'));
			return parsed.success ? parsed.data : null;
		} catch {
			return null; // no storage for this page, or not our text
		}
	}

	return {
		remember(call) {
			hold(call.deviceId);
			const next = { call: JSON.stringify(call), at: now() };
			if (written?.call === next.call && next.at - written.at < WRITTEN_FOR_MS) return;
			written = next;
			try {
				storage().setItem(KEY, JSON.stringify({ ...call, at: next.at }));
			} catch {
				// Full or forbidden: a reload will not come back by itself.
			}
		},
		forget() {
			held?.release();
			held = null;
			written = null;
			try {
				storage().removeItem(KEY);
			} catch {
				// There was nothing in it then.
			}
		},
		async recall() {
			const found = read();
			if (!found || !locks || now() - found.at > STALE_AFTER_MS) return null;
			const { at: _, ...call } = found;
			try {
				// Taken and let go at once: that it can be had is all we want to know.
				await locks.request(lockOf(call.deviceId), { signal: AbortSignal.timeout(LOCK_WITHIN_MS) }, () => {});
				return call;
			} catch {
				return null;
			}
		}
	};
}

function lockOf(deviceId: string): string {
	return `parley-device-${deviceId}`;
}
