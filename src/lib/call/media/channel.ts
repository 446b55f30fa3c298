import { MAX_CHANNEL_MESSAGE_BYTES } from '../core/channel-message';

/** More than this waiting means that the path does not carry just now: what is said on top of it would come too late. */
const MAX_BUFFERED_BYTES = 64 * 1024;

export type ChannelEvent =
	/** From now on what is said can be heard. */
	| { type: 'channel-open' }
	/** The other side said something; null for what is no text. */
	| { type: 'said'; text: string | null };

export type Channel = {
	/** @returns whether it was handed over: the path may still lose it with the connection */
	say(text: string): boolean;
};

/**
 * Opens the data channel of a connection. Both sides make it, under the number they know (`negotiated`), before the first
 * description: so it is in the first exchange, and costs none of its own (RFC 8832, section 4; RFC 8831, section 6.5).
 */
export function openChannel(
	connection: Pick<RTCPeerConnection, 'createDataChannel'>,
	on: (event: ChannelEvent) => void
): Channel {
	const channel = connection.createDataChannel('parley', { negotiated: true, id: 0, ordered: true });
	channel.binaryType = 'arraybuffer';
	channel.onopen = () => on({ type: 'channel-open' });
	channel.onmessage = ({ data }: MessageEvent<unknown>) =>
		on({ type: 'said', text: typeof data === 'string' ? data : null });
	const utf8 = new TextEncoder();

	return {
		say(text) {
			if (channel.readyState !== 'open' || channel.bufferedAmount > MAX_BUFFERED_BYTES) return false;
			if (utf8.encode(text).length > MAX_CHANNEL_MESSAGE_BYTES) return false;
			try {
				channel.send(text);
				return true;
			} catch {
				return false; // it closes in this moment, or has no room after all
			}
		}
	};
}
