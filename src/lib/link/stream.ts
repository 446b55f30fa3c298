import type { ApiClient } from './api';
import { failureOf, isSignedOut } from './api';

/** A subscription that has not begun with its first item after this long will not. */
export const FIRST_ITEM_MS = 10_000;

export type StreamFailure = 'broken' | 'unauthorized' | 'device-unknown';

export type StreamOptions = {
	api: ApiClient;
	/** Sends the subscription on its way. */
	context: Readonly<Record<string, unknown>>;
	deviceId: string;
	lastEventId: string;
	onItem(tracked: { id: unknown; data: unknown }): void;
	/** Once, and nothing after it. */
	onFailed(failure: StreamFailure): void;
};

/**
 * One life of the pushed stream: it subscribes, and ends with the first sign of trouble.
 *
 * @returns a function that ends it without a word
 */
export function openStream({
	api,
	context,
	deviceId,
	lastEventId,
	onItem,
	onFailed
}: StreamOptions): () => void {
	let over = false;
	const end = () => {
		if (over) return;
		over = true;
		clearTimeout(deadline);
		subscription?.unsubscribe();
	};
	const fail = (error?: unknown) => {
		if (over) return;
		end();
		const key = failureOf(error)?.key;
		if (key === 'device/not-found') onFailed('device-unknown');
		else onFailed(key && isSignedOut(key) ? 'unauthorized' : 'broken');
	};
	const deadline = setTimeout(fail, FIRST_ITEM_MS);
	let subscription: { unsubscribe(): void } | null = null;
	subscription = api.inbox.stream.subscribe(
		{ deviceId, lastEventId },
		{
			context,
			onData(tracked) {
				if (over) return;
				clearTimeout(deadline);
				onItem(tracked);
			},
			onError: fail,
			// The server ended it (it drains, or the device is gone): whoever asks next is told why.
			onStopped: () => fail(),
			onComplete: () => fail(),
			onConnectionStateChange(change) {
				// Also said at first, without an error, while it is being opened.
				if (change.state === 'connecting' && change.error) fail(change.error);
			}
		}
	);
	return end;
}
