import { expect, test } from 'vitest';
import type { LocalView, RemoteView } from '../session/view';
import { screenNews, sharersOf } from './screen-news';

const sharers = (screen: LocalView['screen'], ...names: string[]) =>
	sharersOf({
		local: { screen } as LocalView,
		remotes: ['Ann', 'Bob'].map(
			(displayName) =>
				({ deviceId: displayName, displayName, screenEnabled: names.includes(displayName) }) as RemoteView
		)
	});

test.each<
	[title: string, before: ReturnType<typeof sharers>, now: ReturnType<typeof sharers>, words: string]
>([
	['somebody begins', sharers('off'), sharers('off', 'Ann'), 'Ann is sharing their screen.'],
	['somebody ends', sharers('off', 'Ann'), sharers('off'), 'Ann stopped sharing their screen.'],
	['we begin', sharers('off'), sharers('on'), 'You are sharing your screen.'],
	['we end', sharers('on', 'Bob'), sharers('off', 'Bob'), 'You stopped sharing your screen.'],
	['nothing changes', sharers('on', 'Bob'), sharers('on', 'Bob'), ''],
	['a phone cannot', sharers('unavailable'), sharers('unavailable'), ''],
	[
		'two at once',
		sharers('off', 'Bob'),
		sharers('off', 'Ann'),
		'Ann is sharing their screen. Bob stopped sharing their screen.'
	]
])('%s', (_title, before, now, words) => {
	expect(screenNews(before, now)).toBe(words);
});
