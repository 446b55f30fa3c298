import { assertNever } from '../core/step';
import type { LocalMediaNews } from '../media/local-media';

/** What happened to our devices by itself, in words. */
export function mediaNewsWords(news: LocalMediaNews): string {
	switch (news.type) {
		case 'replaced':
			return `${news.was || `The ${news.device}`} was unplugged; now using ${news.now || 'another one'}`;
		case 'unplugged':
			return `${news.was || `The ${news.device}`} was unplugged; the call goes on without a ${news.device}`;
		case 'returned':
			return `Now using ${news.now || `the ${news.device}`} again`;
		case 'spoke-muted':
			return 'You are muted. Unmute to be heard';
		default:
			return assertNever(news);
	}
}
