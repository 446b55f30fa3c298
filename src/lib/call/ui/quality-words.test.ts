import { expect, test } from 'vitest';
import type { Condition } from '../core/connection-rating';
import type { PeerRating } from '../session/peer-rating';
import { ratingWords } from './quality-words';

const rating = (level: PeerRating['level'], over: Partial<Condition> = {}): PeerRating => ({
	level,
	doubts: 0,
	doubted: null,
	condition: { roundTripMs: 20, jitterMs: 2, lossPercent: 0, framesPerSecond: 25, ...over }
});

test.each<[words: string, rating: PeerRating | null]>([
	['–', null],
	['Good', rating('good')],
	['Good', rating('good', { lossPercent: 30 })], // a moment of it is not believed yet
	['Fair: 6.2 % of packets are lost', rating('fair', { lossPercent: 6.2 })],
	['Poor: 31 % of packets are lost', rating('poor', { lossPercent: 31.4 })],
	['Fair: voices come about 364 ms late', rating('fair', { roundTripMs: 600 })],
	['Poor: 2 frames a second', rating('poor', { framesPerSecond: 2 })],
	['Fair, and better just now', rating('fair')]
])('%s', (words, one) => expect(ratingWords(one)).toBe(words));
