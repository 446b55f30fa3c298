import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChannelMessage } from '../core/channel-message';
import { MAX_REACTIONS_SENT, REACTION_SHOWN_MS } from '../core/reactions';
import type { CallSnapshot } from '../core/snapshot';
import { accepted } from './call-session-world';
import { CallTalk } from './call-talk';

const ID = '0b6f1a52-1c4e-4c3b-9a77-0d3f5e8c1a11';
const TEXT: ChannelMessage = { v: 1, type: 'text', id: ID, body: 'hello' };
const HEART: ChannelMessage = { v: 1, type: 'reaction', reaction: 'heart' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** In Ann’s call, as `device-1`; the test says who is in it, and how many are connected. */
function inCall() {
	const at = { call: accepted() as CallSnapshot | null, connected: 1 };
	const say = vi.fn((_message: ChannelMessage) => at.connected);
	const onChange = vi.fn();
	const talk = new CallTalk({
		place: () => at.call,
		deviceId: () => 'device-1',
		say,
		now: Date.now,
		onChange
	});
	const listener = { text: vi.fn(), reachable: vi.fn() };
	talk.listen(listener);
	const shown = () => talk.reactions.map((one) => `${one.deviceId} ${one.reaction} ${one.count}`);
	return { at, talk, say, onChange, listener, shown };
}

describe('a reaction', () => {
	test('of ours goes to all who are connected, and is seen on our own tile for its time', () => {
		const { talk, say, shown, onChange } = inCall();
		talk.react('heart');
		expect(say).toHaveBeenCalledExactlyOnceWith(HEART);
		expect(shown()).toEqual(['device-1 heart 1']);
		vi.advanceTimersByTime(REACTION_SHOWN_MS);
		expect(shown()).toEqual([]);
		expect(onChange).toHaveBeenCalledTimes(2);
	});

	test('that reaches nobody is not shown as if it had', () => {
		const { at, talk, shown } = inCall();
		at.connected = 0;
		expect(talk.react('heart')).toBe(false);
		expect(shown()).toEqual([]);
	});

	test('too many are not sent', () => {
		const { talk, say } = inCall();
		for (let n = 0; n < 3 * MAX_REACTIONS_SENT; n++) talk.react('applause');
		expect(say).toHaveBeenCalledTimes(MAX_REACTIONS_SENT);
	});

	test('of another one is seen on their tile; in the next call it is not', () => {
		const { at, talk, shown } = inCall();
		talk.hear('anns', HEART);
		talk.hear('anns', HEART);
		expect(shown()).toEqual(['anns heart 2']);
		at.call = accepted({ id: 'b' });
		expect(shown()).toEqual([]);
		talk.hear('anns', HEART);
		expect(shown()).toEqual(['anns heart 1']);
	});
});

describe('a text', () => {
	test('is of the call’s room, and of who is at that device', () => {
		const { talk, listener } = inCall();
		talk.hear('anns', TEXT);
		expect(listener.text).toHaveBeenCalledExactlyOnceWith({
			roomId: 'room-a',
			id: ID,
			authorId: 'ann',
			authorName: 'Ann',
			body: 'hello'
		});
	});

	test('of a device that the server does not have in the call is nobody’s', () => {
		const { at, talk, listener } = inCall();
		talk.hear('eves', TEXT);
		at.call = accepted({ devices: ['device-1'] });
		talk.hear('anns', TEXT);
		at.call = null;
		talk.hear('anns', TEXT);
		expect(listener.text).not.toHaveBeenCalled();
	});

	test('of ours goes to the call of its own room only', () => {
		const { at, talk, say } = inCall();
		expect(talk.say('room-b', TEXT)).toBe(false);
		expect(say).not.toHaveBeenCalled();
		expect(talk.say('room-a', TEXT)).toBe(true);
		expect(say).toHaveBeenCalledExactlyOnceWith(TEXT);
		at.connected = 0;
		expect(talk.say('room-a', TEXT)).toBe(false);
	});

	test('who can be reached now is told to the room', () => {
		const { talk, listener, at } = inCall();
		talk.reachable();
		expect(listener.reachable).toHaveBeenCalledExactlyOnceWith('room-a');
		at.call = null;
		talk.reachable();
		expect(listener.reachable).toHaveBeenCalledOnce();
	});
});
