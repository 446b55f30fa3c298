import { expect, test } from 'vitest';
import { reaction } from '../core/channel-message';
import { REACTIONS, reactionWords } from './reaction-words';

test('each reaction has a sign, a name and words of its own', () => {
	for (const key of ['emoji', 'label', 'words'] as const) {
		const all = reaction.options.map((one) => REACTIONS[one][key]);
		expect(all.every((one) => one.length > 0)).toBe(true);
		expect(new Set(all).size).toBe(all.length);
	}
});

test.each([
	['Bob', 'applause', 'Bob reacts with applause'],
	[null, 'thumbs-up', 'You react with a thumbs up']
] as const)('%s, %s -> %s', (name, one, words) => {
	expect(reactionWords(name, one)).toBe(words);
});
