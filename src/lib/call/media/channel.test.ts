import { expect, test, vi } from 'vitest';
import { MAX_CHANNEL_MESSAGE_BYTES } from '../core/channel-message';
import { openChannel, type ChannelEvent } from './channel';

/** A data channel that the test opens, fills and closes. */
function open() {
	const channel = {
		readyState: 'connecting' as RTCDataChannelState,
		bufferedAmount: 0,
		onopen: () => {},
		onmessage: (_event: { data: unknown }) => {},
		send: vi.fn()
	};
	const createDataChannel = vi.fn((_label: string, _options?: RTCDataChannelInit) => channel);
	const events: ChannelEvent[] = [];
	const opened = openChannel({ createDataChannel } as unknown as RTCPeerConnection, (event) =>
		events.push(event)
	);
	return { channel, createDataChannel, events, ...opened };
}

test('both sides make it under the same number, so that nothing is negotiated for it', () => {
	const { createDataChannel } = open();
	expect(createDataChannel).toHaveBeenCalledExactlyOnceWith('parley', {
		negotiated: true,
		id: 0,
		ordered: true
	});
});

test('what is said is handed over once it is open, and not before or after', () => {
	const { channel, events, say } = open();
	expect(say('early')).toBe(false);
	channel.readyState = 'open';
	channel.onopen();
	expect(events).toEqual([{ type: 'channel-open' }]);
	expect(say('hello')).toBe(true);
	channel.readyState = 'closing';
	expect(say('late')).toBe(false);
	expect(channel.send.mock.calls).toEqual([['hello']]);
});

test('nothing is put on top of what does not leave', () => {
	const { channel, say } = open();
	channel.readyState = 'open';
	channel.bufferedAmount = 1024 * 1024;
	expect(say('hello')).toBe(false);
	expect(channel.send).not.toHaveBeenCalled();
});

test('what is too long is not handed over, counted in bytes', () => {
	const { channel, say } = open();
	channel.readyState = 'open';
	expect(say('é'.repeat(MAX_CHANNEL_MESSAGE_BYTES / 2))).toBe(true);
	expect(say(`${'é'.repeat(MAX_CHANNEL_MESSAGE_BYTES / 2)}!`)).toBe(false);
});

test('a channel that closes in that moment has taken nothing', () => {
	const { channel, say } = open();
	channel.readyState = 'open';
	channel.send.mockImplementation(() => {
		throw new DOMException('closed', 'InvalidStateError');
	});
	expect(say('hello')).toBe(false);
});

test('what is no text is told as such', () => {
	const { channel, events } = open();
	channel.onmessage({ data: 'hello' });
	channel.onmessage({ data: new ArrayBuffer(8) });
	expect(events).toEqual([
		{ type: 'said', text: 'hello' },
		{ type: 'said', text: null }
	]);
});
