import { expect, test } from 'vitest';
import type { CallLine } from '../call/core/inbox';
import { callLineWords, isMissedLine } from './call-line-words';

const line = (endReason: CallLine['endReason'], more: Partial<CallLine> = {}): CallLine => ({
	id: '00000000-0000-4000-8000-000000000001',
	kind: 'video',
	endReason,
	durationMs: null,
	...more
});

test.each([
	['completed', 'Video call, 2 min 5 s', 'Video call, 2 min 5 s'],
	['missed', 'Nobody answered your video call', 'Missed video call from Ann'],
	['cancelled', 'You cancelled your video call', 'Missed video call from Ann'],
	['declined', 'Your video call was declined', 'Ann’s video call was declined'],
	['failed', 'Your video call did not connect', 'Ann’s video call did not connect']
] as const)('%s, to who called and to others', (endReason, own, others) => {
	const told = line(endReason, { durationMs: endReason === 'completed' ? 125_000 : null });
	expect(callLineWords(told, true, 'Ann')).toBe(own);
	expect(callLineWords(told, false, 'Ann')).toBe(others);
});

test('whoever called has missed nothing', () => {
	expect(callLineWords(line('missed', { kind: 'audio' }), false, 'Ann')).toBe('Missed audio call from Ann');
	expect(isMissedLine(line('missed'), false)).toBe(true);
	expect(isMissedLine(line('missed'), true)).toBe(false);
	expect(isMissedLine(line('declined'), false)).toBe(false);
});
