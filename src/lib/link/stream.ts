import type { ApiClient } from './api';
import { failureOf, isSignedOut } from './api';
import type { Socket } from './socket';

/** A subscription that has not begun with its first item after this long will not. */
export const FIRST_ITEM_MS = 10_000;

export type StreamFailure = 'broken' | 'unauthorized' | 'device-unknown';

export type StreamOptions = {
	api: ApiClient;
	socket: Socket;
	deviceId: string;
	lastEventId: string;
	onItem(tracked: { id: unknown; data: unknown }): void;
	/** Once, and nothing after it. */
	onFailed(failure: StreamFailure): void;
};

/**
 * One life of the pushed stream: it opens the socket, subscribes, and ends with the first sign of trouble.
 *
 * @returns a function that ends it without a word
 */
export function openStream({
	api,
	socket,
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
		socket.close();
	};
	const fail = (failure: StreamFailure) => {
		if (over) return;
		end();
		onFailed(failure);
	};
	const deadline = setTimeout(() => fail('broken'), FIRST_ITEM_MS);
	let subscription: { unsubscribe(): void } | null = null;
	socket.open();
	subscription = api.inbox.stream.subscribe(
		{ deviceId, lastEventId },
		{
			onData(tracked) {
				if (over) return;
				clearTimeout(deadline);
				onItem(tracked);
			},
			onError(error) {
				const key = failureOf(error)?.key;
				if (key === 'device/not-found') fail('device-unknown');
				else fail(key && isSignedOut(key) ? 'unauthorized' : 'broken');
			},
			// The server ended it (it drains, or the device is gone): whoever asks next is told why.
			onStopped: () => fail('broken'),
			onComplete: () => fail('broken'),
			onConnectionStateChange(change) {
				// Also said at first, without an error, while the socket is being opened.
				if (change.state === 'connecting' && change.error) fail('broken');
			}
		}
	);
	return end;
}
