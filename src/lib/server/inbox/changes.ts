import type { Bus } from '../bus/bus';

/**
 * Counts, per user, how often something they can see has changed on this server. A poll that holds the
 * current tag has nothing to fetch but its signals.
 *
 * The tag names this process too: after a restart every poll reads the whole state once.
 */
export function createChanges(bus: Bus, serverId: string) {
	const numbers = new Map<string, number>();
	const stop = bus.subscribeAll((news, topic) => {
		if (!topic.startsWith('user:') || news.type === 'closed') return;
		const userId = topic.slice('user:'.length);
		numbers.set(userId, (numbers.get(userId) ?? 0) + 1);
	});

	return {
		/** Take it before the state is read: what changes in between makes the tag differ again. */
		tagOf: (userId: string) => `${serverId}:${numbers.get(userId) ?? 0}`,
		stop
	};
}
