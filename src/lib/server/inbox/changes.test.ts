import { expect, test } from 'vitest';
import type { News, Topic } from '../bus/bus';
import { createMemoryBus } from '../bus/memory';
import { createChanges } from './changes';

function setUp(most?: number) {
	const bus = createMemoryBus();
	const changes = createChanges(bus, 'server', most);
	const tell = (userId: string, news: News = { type: 'standing', changedAt: null }) =>
		bus.publish([`user:${userId}` as Topic], news);
	return { bus, changes, tell };
}

test('a tag differs after each change of its user, and after no other', () => {
	const { bus, changes, tell } = setUp();
	const before = changes.tagOf('a');
	tell('b');
	bus.publish(['device:a'], { type: 'mailbox', epoch: 1, head: 1 });
	bus.publish(['user:a'], { type: 'closed' });
	expect(changes.tagOf('a')).toBe(before);
	tell('a');
	const after = changes.tagOf('a');
	tell('a');
	expect(new Set([before, after, changes.tagOf('a')]).size).toBe(3);
});

test('a user who was forgotten never holds a tag from before a change', () => {
	const { changes, tell } = setUp(2);
	const held = changes.tagOf('a');
	tell('a');
	for (const other of ['b', 'c', 'd']) tell(other);
	expect(changes.tagOf('a')).not.toBe(held);
});

test('in doubt every tag differs', () => {
	const { changes, tell } = setUp();
	tell('a');
	const [a, b] = [changes.tagOf('a'), changes.tagOf('b')];
	changes.doubt();
	expect(changes.tagOf('a')).not.toBe(a);
	expect(changes.tagOf('b')).not.toBe(b);
});
