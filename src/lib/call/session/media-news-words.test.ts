import { expect, test } from 'vitest';
import type { LocalMediaNews } from '../media/local-media';
import { mediaNewsWords } from './media-news-words';

test.each<[news: LocalMediaNews, words: string]>([
	[
		{ type: 'replaced', device: 'microphone', was: 'Headset', now: 'Built-in' },
		'Headset was unplugged; now using Built-in'
	],
	[
		{ type: 'replaced', device: 'camera', was: '', now: '' },
		'The camera was unplugged; now using another one'
	],
	[
		{ type: 'unplugged', device: 'camera', was: 'Webcam' },
		'Webcam was unplugged; the call goes on without a camera'
	],
	[{ type: 'returned', device: 'microphone', now: 'Headset' }, 'Now using Headset again'],
	[{ type: 'spoke-muted' }, 'You are muted. Unmute to be heard']
])('%j', (news, words) => {
	expect(mediaNewsWords(news)).toBe(words);
});
