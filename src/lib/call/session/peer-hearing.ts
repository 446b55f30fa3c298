import { parseChannelMessage, type TalkMessage } from '../core/channel-message';
import type { ShownSize } from '../core/shown-size';
import { TokenBucket, type Rate } from '../core/token-bucket';

/** Roomy for who claps and writes at once, and for all that was written while the server was away, said again. */
export const HEARD_OF_ONE: Rate = { burst: 60, perSecond: 10 };

type HearingDeps = {
	readonly now: () => number;
	readonly onMessage: (fromDeviceId: string, message: TalkMessage) => void;
	/** They show our camera as large as this. */
	readonly onShown: (fromDeviceId: string, size: ShownSize) => void;
	/** A line for the log. Never holds what was said. */
	readonly report: (what: string) => void;
};

/**
 * Hears what the other devices say by their channels, each as much as a person says: what is no message, and what is too
 * many, is dropped. Nothing is lost by it that the room does not bring.
 */
export function createHearing({ now, onMessage, onShown, report }: HearingDeps) {
	const buckets = new Map<string, TokenBucket>();
	/** Those of whom it is said already that they say too much. */
	const loud = new Set<string>();

	function isTooMuch(deviceId: string): boolean {
		const bucket = buckets.get(deviceId) ?? new TokenBucket(HEARD_OF_ONE, now());
		buckets.set(deviceId, bucket);
		const tooMuch = bucket.take(1, now()) > 0;
		if (!tooMuch) loud.delete(deviceId);
		else if (!loud.has(deviceId)) {
			loud.add(deviceId);
			report('dropped: too much is said by one device');
		}
		return tooMuch;
	}

	return {
		/** @param text null for what was no text */
		take(fromDeviceId: string, text: string | null): void {
			if (isTooMuch(fromDeviceId)) return;
			const message = text === null ? null : parseChannelMessage(text);
			if (!message) report('dropped: not a message of the channel');
			else if (message.type === 'shown') onShown(fromDeviceId, message.size);
			else onMessage(fromDeviceId, message);
		},
		forget(deviceId: string): void {
			buckets.delete(deviceId);
			loud.delete(deviceId);
		}
	};
}
