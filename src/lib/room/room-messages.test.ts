import { TRPCClientError } from '@trpc/client';
import { describe, expect, test, vi } from 'vitest';
import { ERRORS, type ErrorKey } from '../call/core/errors';
import type { RoomMessage } from '../call/core/inbox';
import { ROOM_HAS_IT_WITHIN_MS } from './pending';
import { RoomMessages, type MessageRequests } from './room-messages.svelte';
import type { UnsentMessage } from './unsent';

const ME = '00000000-0000-4000-8000-0000000000aa';
const OTHER = '00000000-0000-4000-8000-0000000000bb';
const ROOM = '00000000-0000-4000-8000-0000000000ff';

function refusal(key: ErrorKey) {
	return new TRPCClientError(key, { result: { error: { message: key, code: -1, data: { key } } } as never });
}

/** A server with one room. `down` makes it unreachable; `deaf` loses its answers. */
class FakeServer implements MessageRequests {
	readonly log: RoomMessage[] = [];
	mode: 'up' | 'down' | 'deaf' = 'up';
	refuseNext = false;
	asked = 0;

	write(
		body: string,
		authorId = OTHER,
		id = `00000000-0000-4000-8000-${String(this.log.length + 1).padStart(12, '0')}`
	) {
		const known = this.log.find((one) => one.id === id && one.authorId === authorId);
		if (known) return known;
		const message = {
			id,
			roomId: ROOM,
			n: this.log.length + 1,
			authorId,
			authorName: 'Ada',
			body,
			createdAt: 0,
			call: null
		};
		this.log.push(message);
		return message;
	}

	async page({ before, after, limit }: { before?: number; after?: number; limit: number }) {
		this.asked += 1;
		if (this.mode === 'down') throw new TypeError('fetch failed');
		const all = this.log.filter((one) => one.n < (before ?? Infinity) && one.n > (after ?? 0));
		return {
			messages: after === undefined ? all.slice(-limit) : all.slice(0, limit),
			lastN: this.log.length
		};
	}

	async send({ id, body }: { id: string; body: string }) {
		if (this.refuseNext) {
			this.refuseNext = false;
			throw refusal('room/not-found');
		}
		if (this.mode === 'down') throw new TypeError('fetch failed');
		const message = this.write(body, ME, id);
		if (this.mode === 'deaf') throw new TypeError('fetch failed');
		return message;
	}
}

async function openRoom(messages: number) {
	const server = new FakeServer();
	for (let n = 1; n <= messages; n++) server.write(`message ${n}`);
	const room = new RoomMessages(ME, server, await server.page({ limit: 50 }));
	server.asked = 0;
	return { server, room };
}
const shown = (room: RoomMessages) => room.log.messages.map((one) => one.n);

describe('a room’s messages in the page', () => {
	test('a lost message is asked for when a later one comes', async () => {
		const { server, room } = await openRoom(2);
		server.write('lost');
		room.receive(server.write('seen'));
		await vi.waitFor(() => expect(shown(room)).toEqual([1, 2, 3, 4]));
		expect(server.asked).toBe(1);
	});

	test('a gap longer than a page is filled page by page, by one reader', async () => {
		const { server, room } = await openRoom(1);
		for (let n = 0; n < 120; n++) server.write('more');
		room.noteHead(121);
		room.noteHead(121);
		await vi.waitFor(() => expect(room.log.to).toBe(121));
		expect(server.asked).toBe(3);
	});

	test('a head that the server does not have is not asked for again and again', async () => {
		const { server, room } = await openRoom(1);
		room.noteHead(9);
		await vi.waitFor(() => expect(server.asked).toBe(1));
		server.write('second');
		room.receive(server.write('third'));
		await vi.waitFor(() => expect(shown(room)).toEqual([1, 2, 3]));
	});

	test('earlier messages come on demand', async () => {
		const { room } = await openRoom(70);
		expect(room.log.from).toBe(21);
		await room.loadEarlier();
		expect(room.log.from).toBe(1);
		expect(room.hasEarlier).toBe(false);
	});

	test('earlier messages that do not come are explained', async () => {
		const { server, room } = await openRoom(70);
		server.mode = 'down';
		await room.loadEarlier();
		expect(room.problem).toBe('The server cannot be reached.');
		expect(room.loadingEarlier).toBe(false);
	});

	test('coming back to a room that has moved far starts at its end', async () => {
		const { server, room } = await openRoom(10);
		for (let n = 0; n < 400; n++) server.write('more');
		room.adopt(await server.page({ limit: 50 }));
		expect(room.log.from).toBe(361);
		expect(room.log.to).toBe(410);
	});
});

describe('sending', () => {
	test('sending -> in the log', async () => {
		const { room } = await openRoom(0);
		const sent = room.send('  hello\n');
		expect(room.outgoing).toMatchObject([{ body: 'hello', status: 'sending' }]);
		await sent;
		expect(room.outgoing).toEqual([]);
		expect(room.log.messages).toMatchObject([{ n: 1, body: 'hello', authorId: ME }]);
	});

	test('two at once keep their order', async () => {
		const { room } = await openRoom(0);
		await Promise.all([room.send('first'), room.send('second')]);
		expect(room.log.messages.map((one) => one.body)).toEqual(['first', 'second']);
	});

	test('failed -> retry -> in the log', async () => {
		const { server, room } = await openRoom(0);
		server.refuseNext = true;
		await room.send('hello');
		expect(room.outgoing).toMatchObject([{ status: 'failed', problem: ERRORS['room/not-found'].message }]);
		await room.retry(room.outgoing[0]?.id ?? '');
		expect(room.outgoing).toEqual([]);
		expect(shown(room)).toEqual([1]);
	});

	test('what the server refuses holds nothing up behind it', async () => {
		const { server, room } = await openRoom(0);
		server.refuseNext = true;
		const first = room.send('first');
		await Promise.all([first, room.send('second')]);
		expect(room.outgoing).toMatchObject([{ body: 'first', status: 'failed' }]);
		expect(room.log.messages).toMatchObject([{ body: 'second' }]);
	});

	test('a send whose answer was lost is there once after the retry', async () => {
		const { server, room } = await openRoom(0);
		server.mode = 'deaf';
		await room.send('hello');
		server.mode = 'up';
		await room.retry(room.outgoing[0]?.id ?? '');
		expect(server.log).toHaveLength(1);
		expect(shown(room)).toEqual([1]);
		expect(room.outgoing).toEqual([]);
	});

	test('out of reach, all wait in their order, and are sent by themselves when the link is back', async () => {
		const { server, room } = await openRoom(0);
		server.mode = 'down';
		await Promise.all([room.send('first'), room.send('second')]);
		expect(room.outgoing.map(({ body, status }) => `${body} ${status}`)).toEqual([
			'first waiting',
			'second waiting'
		]);
		server.mode = 'up';
		room.tryAgain();
		await vi.waitFor(() => expect(room.outgoing).toEqual([]));
		expect(room.log.messages.map((one) => one.body)).toEqual(['first', 'second']);
	});

	test('nobody need say that the server is back', async () => {
		vi.useFakeTimers();
		try {
			const { server, room } = await openRoom(0);
			server.mode = 'down';
			await room.send('hello');
			await vi.advanceTimersByTimeAsync(2_000);
			expect(room.outgoing).toMatchObject([{ status: 'waiting' }]);
			server.mode = 'up';
			await vi.advanceTimersByTimeAsync(4_000);
			expect(shown(room)).toEqual([1]);
		} finally {
			vi.useRealTimers();
		}
	});

	test('a failed message that turns up live is not failed any more', async () => {
		const { server, room } = await openRoom(0);
		server.mode = 'deaf';
		await room.send('hello');
		expect(room.outgoing).toHaveLength(1);
		const [written] = server.log;
		if (written) room.receive(written);
		expect(room.outgoing).toEqual([]);
	});

	test('a failed message can be given up', async () => {
		const { server, room } = await openRoom(0);
		server.mode = 'down';
		await room.send('hello');
		room.discard(room.outgoing[0]?.id ?? '');
		expect(room.outgoing).toEqual([]);
	});
});

describe('in a call of the room', () => {
	const text = {
		roomId: ROOM,
		id: '0b6f1a52-1c4e-4c3b-9a77-0d3f5e8c1a11',
		authorId: OTHER,
		authorName: 'Ada',
		body: 'hello'
	};

	/** A room whose call hears what is said, while `reached`. */
	async function openInCall() {
		const server = new FakeServer();
		const call = { reached: true, said: [] as string[] };
		const say = ({ body }: { body: string }) => {
			if (call.reached) call.said.push(body);
			return call.reached;
		};
		const requests: MessageRequests = {
			page: (range) => server.page(range),
			send: (message) => server.send(message),
			say
		};
		return { server, call, room: new RoomMessages(ME, requests, await server.page({ limit: 50 })) };
	}

	test('what we write is said there at once, also while the server is out of reach, and sent when it is not', async () => {
		const { server, call, room } = await openInCall();
		server.mode = 'down';
		const sent = room.send(' hello ');
		expect(call.said).toEqual(['hello']);
		await sent;
		expect(room.outgoing).toMatchObject([{ status: 'waiting', inCall: true }]);
		server.mode = 'up';
		room.tryAgain();
		await vi.waitFor(() => expect(shown(room)).toEqual([1]));
		expect(call.said).toEqual(['hello']);
	});

	test('who can be reached only now is told what the room does not have yet, and nothing else', async () => {
		const { server, call, room } = await openInCall();
		await room.send('in the room');
		server.mode = 'down';
		call.reached = false;
		await room.send('waits');
		expect(room.outgoing).toMatchObject([{ inCall: false }]);
		call.reached = true;
		room.sayAgain();
		expect(call.said).toEqual(['in the room', 'waits']);
		expect(room.outgoing).toMatchObject([{ inCall: true }]);
	});

	test('what others say is shown at once, and is the room’s when the room has it', async () => {
		const { server, room } = await openInCall();
		room.hear(text);
		room.hear(text);
		expect(room.lines).toMatchObject([{ body: 'hello', authorName: 'Ada', n: null }]);
		const [{ key } = { key: '' }] = room.lines;
		room.receive(server.write('hello', OTHER, text.id));
		room.hear(text);
		expect(room.lines).toMatchObject([{ key, body: 'hello', n: 1, pending: null }]);
	});

	test('what never comes by the room is marked after a while, and stays', async () => {
		vi.useFakeTimers();
		try {
			const { room } = await openInCall();
			room.hear(text);
			vi.advanceTimersByTime(ROOM_HAS_IT_WITHIN_MS - 1);
			expect(room.lines).toMatchObject([{ pending: { onlyInCall: false } }]);
			vi.advanceTimersByTime(1);
			expect(room.lines).toMatchObject([{ body: 'hello', pending: { onlyInCall: true } }]);
		} finally {
			vi.useRealTimers();
		}
	});
});

test('what could not be sent is kept for the page after this one, which sends it under the same id', async () => {
	const { server, room } = await openRoom(0);
	const kept: UnsentMessage[][] = [];
	const keeper = {
		read: () => kept.at(-1) ?? [],
		write: (all: readonly UnsentMessage[]) => void kept.push([...all])
	};
	room.keepUnsent(keeper);
	server.mode = 'down';
	await room.send('hello');
	const [written] = room.outgoing;

	server.mode = 'up';
	const next = new RoomMessages(ME, server, await server.page({ limit: 50 }));
	next.keepUnsent(keeper);
	await vi.waitFor(() => expect(next.lines).toMatchObject([{ n: 1, body: 'hello' }]));
	expect(server.log).toMatchObject([{ id: written?.id }]);
	expect(kept.at(-1)).toEqual([]);
});
