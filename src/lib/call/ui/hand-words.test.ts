import { expect, test } from 'vitest';
import { handNews, handsWords, handWords } from './hand-words';

const hand = (name: string) => ({ deviceId: `${name}-1`, userId: name, displayName: name });
const hands = (...names: string[]) => names.map(hand);

test.each([
	[1, '1st'],
	[2, '2nd'],
	[3, '3rd'],
	[4, '4th'],
	[11, '11th'],
	[12, '12th'],
	[13, '13th'],
	[21, '21st'],
	[102, '102nd']
])('the place %i is the %s', (place, words) => {
	expect(handWords(place)).toBe(`hand raised, ${words}`);
});

test('all of them, in their order', () => {
	expect(handsWords(hands('Bob'), 'Ann')).toBe('Hand raised: Bob');
	expect(handsWords(hands('Bob', 'Ann', 'Cem'), 'Ann')).toBe('Hands raised: Bob, you, Cem');
});

test.each<[title: string, before: string[], now: string[], words: string]>([
	['somebody raises theirs', [], ['Bob'], 'Bob raised their hand.'],
	['we raise ours', ['Bob'], ['Bob', 'Ann'], 'You raised your hand.'],
	['theirs goes down', ['Bob', 'Ann'], ['Ann'], "Bob's hand is down."],
	['ours goes down', ['Ann'], [], 'Your hand is down.'],
	['nobody moves theirs', ['Bob', 'Ann'], ['Bob', 'Ann'], ''],
	['one goes down as another one is raised', ['Bob'], ['Cem'], "Cem raised their hand. Bob's hand is down."]
])('%s', (_title, before, now, words) => {
	expect(handNews(hands(...before), hands(...now), 'Ann')).toBe(words);
});

test('a page that was loaded again raises no hand anew', () => {
	expect(handNews(hands('Bob'), [{ ...hand('Bob'), deviceId: 'Bob-2' }], 'Ann')).toBe('');
});
