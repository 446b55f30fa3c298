import { describe, expect, test, vi } from 'vitest';
import type { RoomHead, RoomMessage } from '../call/core/inbox';
import type { Link, LinkNews } from '../link/link';
import { RoomStore, type ShortWay } from './room-store.svelte';

const ME = '00000000-0000-4000-8000-0000000000aa';
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const head = (n: number, lastN = 0, more: Partial<RoomHead> = {}): RoomHead => ({
	id: id(n),
	kind: 'group',
	name: `Room ${n}`,
	role: 'member',
	lastN,
	lastRead: 0,
	ring: 'ring',
	membersChangedAt: 0,
	...more
});
const message = (room: number, n: number): RoomMessage => ({
	id: id(1000 + n),
	roomId: id(room),
	n,
	authorId: id(99),
	authorName: 'Ada',
	body: `message ${n}`,
	createdAt: n,
	call: null
});

/** A link that says what the test says, in front of a server that has every message up to `lastN`. */
function fakeLink(lastN = 0) {
	const listeners = new Set<(news: LinkNews) => void>();
	const page = vi.fn(async ({ roomId, after = 0 }: { roomId: string; after?: number }) => ({
		messages: Array.from({ length: lastN - after }, (_, index) => ({
			...message(1, after + index + 1),
			roomId
		})),
		lastN
	}));
	const markRead = vi.fn(async (_input: { roomId: string; n: number }) => undefined);
	const link = {
		api: {
			messages: { page: { query: page } },
			rooms: { markRead: { mutate: markRead } }
		} as unknown as Link['api'],
		listen(listener: (news: LinkNews) => void) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		}
	};
	return { link, page, markRead, say: (news: LinkNews) => listeners.forEach((listener) => listener(news)) };
}

function openStore(rooms: RoomHead[], lastN = 0) {
	const server = fakeLink(lastN);
	const store = new RoomStore(server.link, ME, rooms);
	store.follow(server.link);
	const state = (now: RoomHead[]): LinkNews => ({
		type: 'state',
		state: { serverNow: 0, calls: [], rooms: now, missedCount: 0, doNotDisturbUntil: null }
	});
	return { ...server, store, state };
}
const ids = (store: RoomStore) => store.rooms.map((room) => room.id);

describe('the rooms one is in', () => {
	test('what is absent from the state is gone; what is there again is back', () => {
		const { store, say, state } = openStore([head(1), head(2)]);
		say(state([head(2)]));
		expect(ids(store)).toEqual([id(2)]);
		expect(store.gone.has(id(1))).toBe(true);
		say(state([head(2), head(1)]));
		expect(store.gone.has(id(1))).toBe(false);
	});

	test('a room with a new message goes to the top; late news do not take it back', () => {
		const { store, say } = openStore([head(1, 4), head(2, 7)]);
		say({ type: 'room', room: head(2, 9), message: null });
		expect(ids(store)).toEqual([id(2), id(1)]);
		say({ type: 'room', room: head(2, 8), message: null });
		expect(store.rooms[0]?.lastN).toBe(9);
	});

	test('a room that says it is where it was may have another name or other members', () => {
		const { store, say } = openStore([head(1, 4)]);
		say({ type: 'room', room: head(1, 4, { name: 'Renamed', membersChangedAt: 7 }), message: null });
		expect(store.rooms).toMatchObject([{ name: 'Renamed', membersChangedAt: 7 }]);
	});

	test('what was read here is told to the server, and late news do not make it unread', () => {
		const { store, say, markRead } = openStore([head(1, 4, { lastRead: 2 })]);
		store.markRead(id(1), 4);
		store.markRead(id(1), 3);
		say({ type: 'room', room: head(1, 5, { lastRead: 2 }), message: null });
		expect(store.rooms).toMatchObject([{ lastN: 5, lastRead: 4 }]);
		expect(markRead.mock.calls.map(([input]) => input)).toEqual([{ roomId: id(1), n: 4 }]);
	});

	test('what the server did not hear of is told again with the next state', () => {
		const { store, say, state, markRead } = openStore([head(1, 4)]);
		markRead.mockRejectedValueOnce(new TypeError('fetch failed'));
		store.markRead(id(1), 4);
		say(state([head(1, 4)]));
		expect(store.rooms).toMatchObject([{ lastRead: 4 }]);
		say(state([head(1, 4, { lastRead: 4 })]));
		expect(markRead).toHaveBeenCalledTimes(2);
	});

	test('a room that somebody else made appears', () => {
		const { store, say } = openStore([head(1)]);
		say({ type: 'room', room: head(2), message: null });
		expect(ids(store)).toEqual([id(2), id(1)]);
	});

	test('being removed takes the room and its messages', () => {
		const { store, say } = openStore([head(1)]);
		const before = store.open(id(1), { messages: [], lastN: 0 });
		say({ type: 'room-gone', roomId: id(1) });
		expect(ids(store)).toEqual([]);
		expect(store.open(id(1), { messages: [], lastN: 0 })).not.toBe(before);
	});
});

describe('the messages of an open room', () => {
	test('live messages need no question', () => {
		const { store, say, page } = openStore([head(1)]);
		const room = store.open(id(1), { messages: [], lastN: 0 });
		say({ type: 'room', room: head(1, 1), message: message(1, 1) });
		expect(room.log.messages.map((one) => one.n)).toEqual([1]);
		expect(page).not.toHaveBeenCalled();
	});

	test('"this room is at 3" brings what is missing', async () => {
		const { store, say } = openStore([head(1)], 3);
		const room = store.open(id(1), { messages: [], lastN: 0 });
		say({ type: 'room', room: head(1, 3), message: null });
		await vi.waitFor(() => expect(room.log.messages.map((one) => one.n)).toEqual([1, 2, 3]));
	});

	test('so does the state after a reconnection', async () => {
		const { store, say, state } = openStore([head(1)], 2);
		const room = store.open(id(1), { messages: [], lastN: 0 });
		say(state([head(1, 2)]));
		await vi.waitFor(() => expect(room.log.to).toBe(2));
	});
});

describe('what is said in the call of a room', () => {
	const text = (n: number) => ({
		roomId: id(1),
		id: id(2000 + n),
		authorId: id(99),
		authorName: 'Ada',
		body: `text ${n}`
	});

	/** A way to a call of room 1. */
	function fakeWay() {
		let on: Parameters<ShortWay['listen']>[0] | undefined;
		const say = vi.fn(() => true);
		const way: ShortWay = {
			say,
			listen(listener) {
				on = listener;
				return () => (on = undefined);
			}
		};
		return { way, say, hear: (n: number) => on?.text(text(n)), reach: () => on?.reachable(id(1)) };
	}

	test('is shown in that room, also when it was not open by then', () => {
		const { store } = openStore([head(1), head(2)]);
		const { way, hear } = fakeWay();
		store.takeShortWay(way);
		hear(1);
		const other = store.open(id(2), { messages: [], lastN: 0 });
		const room = store.open(id(1), { messages: [], lastN: 0 });
		hear(2);
		expect(room.lines.map(({ body }) => body)).toEqual(['text 1', 'text 2']);
		expect(other.lines).toEqual([]);
	});

	test('is no unread message before the room has it, and one from then on', () => {
		const { store, say } = openStore([head(1)]);
		const { way, hear } = fakeWay();
		store.takeShortWay(way);
		const room = store.open(id(1), { messages: [], lastN: 0 });
		hear(1);
		expect(store.rooms).toMatchObject([{ lastN: 0 }]);
		say({ type: 'room', room: head(1, 1), message: { ...message(1, 1), ...text(1) } });
		expect(store.rooms).toMatchObject([{ lastN: 1 }]);
		expect(room.lines).toMatchObject([{ n: 1 }]);
	});

	test('goes by that way with the room’s id, and again when somebody can be reached; not once it is given up', async () => {
		const { store, link } = openStore([head(1)]);
		Object.assign(link.api.messages, {
			send: { mutate: () => Promise.reject(new TypeError('fetch failed')) }
		});
		const { way, say, reach } = fakeWay();
		const stop = store.takeShortWay(way);
		const room = store.open(id(1), { messages: [], lastN: 0 });
		await room.send('hello');
		reach();
		expect(say.mock.calls).toEqual([
			[id(1), { id: room.outgoing[0]?.id, body: 'hello' }],
			[id(1), { id: room.outgoing[0]?.id, body: 'hello' }]
		]);
		stop();
		reach();
		expect(say).toHaveBeenCalledTimes(2);
	});
});
