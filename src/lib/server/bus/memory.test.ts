import { expect, test } from 'vitest';
import type { News, Topic } from './bus';
import { createMemoryBus } from './memory';

const news: News = { type: 'standing', changedAt: null };

test('tells whoever listens to a topic, in order, until they stop', async () => {
	const bus = createMemoryBus();
	const heard: string[] = [];
	const stop = bus.subscribe(['user:a', 'user:b'], (_news, topic) => heard.push(`some ${topic}`));
	bus.subscribeAll((_news, topic) => heard.push(`all ${topic}`));
	const topics: Topic[] = ['user:b', 'device:c', 'user:a'];
	bus.publish(topics, news);
	expect(heard).toEqual(['all user:b', 'some user:b', 'all device:c', 'all user:a', 'some user:a']);
	stop();
	bus.publish(['user:a'], news);
	expect(heard.at(-1)).toBe('all user:a');
	await bus.close();
	bus.publish(['user:a'], news);
	expect(heard).toHaveLength(6);
});

test('never doubts: nothing lies between those who tell and those who hear', () => {
	const bus = createMemoryBus();
	const stop = bus.onDoubt(() => expect.fail('it doubts'));
	bus.publish(['user:a'], news);
	stop();
});
