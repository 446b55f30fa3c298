import type { OpenLine } from './line';

/** Redis' pub/sub knows no databases: installations that share a Redis hear each other, and know none of the ids. */
const CHANNEL = 'parley:news';
const CONNECT_WITHIN_MS = 2_000;

/** Pub/sub over two connections: one that listens may say nothing else. */
export function openRedisLine(url: string): OpenLine {
	return async ({ signal, onMessage, onBroken }) => {
		// A quarter of what a server loads as it starts, and most have no Redis.
		const { createClient } = await import('redis');
		function open() {
			const client = createClient({
				url,
				RESP: 2,
				name: 'parley',
				// A message that cannot go now is lost, not kept for later: the keeper opens another line.
				disableOfflineQueue: true,
				socket: { connectTimeout: CONNECT_WITHIN_MS, reconnectStrategy: false },
				disableClientInfo: true,
				maintNotifications: 'disabled'
			});
			client.on('error', onBroken);
			const end = () => client.destroy();
			signal.addEventListener('abort', end);
			// One that connects only after it was ended does not know of it.
			const connected = client.connect().finally(() => {
				if (signal.aborted) end();
			});
			return { client, connected };
		}
		signal.throwIfAborted();
		const [publisher, subscriber] = [open(), open()];
		await Promise.all([publisher.connected, subscriber.connected]);
		await subscriber.client.subscribe(CHANNEL, onMessage);
		return {
			async send(messages) {
				await Promise.all(messages.map((text) => publisher.client.publish(CHANNEL, text)));
			}
		};
	};
}
