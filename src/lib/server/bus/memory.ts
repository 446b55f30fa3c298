import type { Bus, News, Topic } from './bus';

type Listener = (news: News, topic: Topic) => void;

/** The bus of a single process. */
export function createMemoryBus(): Bus {
	const listeners = new Map<Topic, Set<Listener>>();
	const everywhere = new Set<Listener>();

	function publish(topics: readonly Topic[], news: News): void {
		for (const topic of topics) {
			for (const listener of everywhere) listener(news, topic);
			for (const listener of [...(listeners.get(topic) ?? [])]) listener(news, topic);
		}
	}

	return {
		publish,
		publishHere: publish,
		subscribe(topics, listener) {
			for (const topic of topics) {
				let set = listeners.get(topic);
				if (!set) listeners.set(topic, (set = new Set()));
				set.add(listener);
			}
			return () => {
				for (const topic of topics) {
					const set = listeners.get(topic);
					set?.delete(listener);
					if (set?.size === 0) listeners.delete(topic);
				}
			};
		},
		subscribeAll(listener) {
			everywhere.add(listener);
			return () => everywhere.delete(listener);
		},
		onDoubt: () => () => {}, // nothing is between us and our listeners
		async close() {
			everywhere.clear();
			listeners.clear();
		}
	};
}
