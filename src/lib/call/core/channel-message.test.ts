import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CHANNEL_MESSAGE_BYTES, parseChannelMessage } from './channel-message';
import { MAX_MESSAGE_LENGTH } from './limits';

const ID = '0b6f1a52-1c4e-4c3b-9a77-0d3f5e8c1a11';
const parse = (value: unknown) => parseChannelMessage(JSON.stringify(value));

test('a reaction and a text pass, and nothing beside what they are', () => {
	expect(parse({ v: 1, type: 'reaction', reaction: 'applause', from: 'somebody else' })).toEqual({
		v: 1,
		type: 'reaction',
		reaction: 'applause'
	});
	// As the room keeps it: the same id in the same letters, the same text without the blanks around it.
	expect(parse({ v: 1, type: 'text', id: ID.toUpperCase(), body: ' hello\n' })).toEqual({
		v: 1,
		type: 'text',
		id: ID,
		body: 'hello'
	});
});

test('how large a camera is shown is one of few sizes', () => {
	const shown = { v: 1, type: 'shown', size: 180 };
	expect(parse(shown)).toEqual(shown);
	expect(parse({ ...shown, size: 0 })).toEqual({ ...shown, size: 0 });
});

describe('dropped:', () => {
	test.each<[title: string, value: unknown]>([
		['another version', { v: 2, type: 'reaction', reaction: 'heart' }],
		['an unknown type', { v: 1, type: 'file', name: 'a.exe' }],
		['a reaction that there is not', { v: 1, type: 'reaction', reaction: '<img>' }],
		['a text without an id', { v: 1, type: 'text', body: 'hello' }],
		['a text under what is no id', { v: 1, type: 'text', id: 'x', body: 'hello' }],
		['an empty text', { v: 1, type: 'text', id: ID, body: '  ' }],
		['a text that no room takes', { v: 1, type: 'text', id: ID, body: 'a'.repeat(MAX_MESSAGE_LENGTH + 1) }],
		['a size between the sizes', { v: 1, type: 'shown', size: 181 }],
		['a size without bounds', { v: 1, type: 'shown', size: '720' }],
		['what is no object', 'hello'],
		['nothing', null]
	])('%s', (_title, value) => {
		expect(parse(value)).toBeNull();
	});

	test('what is no JSON, and what is too long to look at', () => {
		expect(parseChannelMessage('{')).toBeNull();
		const padded = `${' '.repeat(MAX_CHANNEL_MESSAGE_BYTES)}{"v":1,"type":"reaction","reaction":"heart"}`;
		expect(parseChannelMessage(padded)).toBeNull();
	});
});

test('whatever comes, it throws nothing', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
			expect(() => parseChannelMessage(text)).not.toThrow();
		})
	);
});
