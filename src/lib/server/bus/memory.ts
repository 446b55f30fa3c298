import type { Bus, News, Topic } from './bus';
import { MultiMap } from './multi-map';

type Listener = (news: News, topic: Topic) => void;

/** The bus of a single process. */
export function createMemoryBus(): Bus {
	const listeners = new MultiMap<Listener>();
	const everywhere = new Set<Listener>();

	function publish(topics: readonly Topic[], news: News): void {
		for (const topic of topics) {
			for (const listener of everywhere) listener(news, topic);
			for (const listener of listeners.of(topic)) listener(news, topic);
		}
	}

	return {
		publish,
		publishHere: publish,
		subscribe(topics, listener) {
			for (const topic of topics) listeners.add(topic, listener);
			return () => {
				for (const topic of topics) listeners.delete(topic, listener);
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
