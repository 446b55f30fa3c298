import type { Bus } from '../bus/bus';

const MOST_USERS = 100_000;

/**
 * Counts how often something has changed on this server, and keeps for each user the number of their last change.
 * A poll that holds the current tag has nothing to fetch but its signals.
 *
 * The tag names this process too: after a restart every poll reads the whole state once.
 */
export function createChanges(bus: Bus, serverId: string, mostUsers = MOST_USERS) {
	const numbers = new Map<string, number>();
	let last = 0;
	/** No change of who is not in the map is later than this. */
	let floor = 0;

	bus.subscribeAll((news, topic) => {
		if (!topic.startsWith('user:') || news.type === 'closed') return;
		const userId = topic.slice('user:'.length);
		last += 1;
		// Deleted first, so that the order of the map is the order of the changes.
		numbers.delete(userId);
		numbers.set(userId, last);
		if (numbers.size <= mostUsers) return;
		const [oldest] = numbers;
		if (oldest) {
			numbers.delete(oldest[0]);
			floor = oldest[1];
		}
	});

	return {
		/** Take it before the state is read: what changes in between makes the tag differ again. */
		tagOf: (userId: string) => `${serverId}:${numbers.get(userId) ?? floor}`,
		/** Everything may have changed, for everybody. */
		doubt(): void {
			last += 1;
			floor = last;
			numbers.clear();
		}
	};
}
