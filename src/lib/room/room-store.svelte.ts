import { createContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { CallText } from '../call/core/channel-message';
import type { RoomHead } from '../call/core/inbox';
import type { RingSetting } from '../call/core/snapshot';
import type { Link, LinkNews } from '../link/link';
import { MAX_HEARD_OF_ONE } from './pending';
import { RoomMessages, type MessagePage } from './room-messages.svelte';
import { createUnsentKeeper } from './unsent';

/** What is written in a room goes this way, too, to those who are in a call of the room with us. */
export type ShortWay = {
	/** @returns whether anybody was handed it */
	say(roomId: string, message: { id: string; body: string }): boolean;
	/** @returns a function that stops listening */
	listen(on: { text(text: CallText): void; reachable(roomId: string): void }): () => void;
};

/**
 * The rooms this person is in, and the messages of those this page has opened. The link's news keep it
 * right: whole state on every (re)connection, one room at a time between.
 */
export class RoomStore {
	/** Newest activity first. */
	rooms = $state.raw<readonly RoomHead[]>([]);
	/** Rooms this person was in while this page was open, and is not any more. */
	readonly gone = new SvelteSet<string>();
	readonly #link: Pick<Link, 'api'>;
	readonly #userId: string;
	readonly #open = new Map<string, RoomMessages>();
	#shortWay: ShortWay | null = null;
	/** What was said in the call of a room that is not open here. */
	#heard: readonly CallText[] = [];
	/** We are in a browser, which has a place to keep things. */
	#following = false;

	constructor(link: Pick<Link, 'api'>, userId: string, rooms: readonly RoomHead[]) {
		this.#link = link;
		this.#userId = userId;
		this.rooms = rooms;
	}

	/** Follows a link's news. @returns a function that stops */
	follow(link: Pick<Link, 'listen'>): () => void {
		this.#following = true;
		for (const [roomId, messages] of this.#open) this.#keepUnsent(roomId, messages);
		return link.listen((news) => this.#receive(news));
	}

	/** @returns a function that stops */
	takeShortWay(way: ShortWay): () => void {
		this.#shortWay = way;
		return way.listen({
			text: (text) => this.#hear(text),
			reachable: (roomId) => this.#open.get(roomId)?.sayAgain()
		});
	}

	/** A room's messages, beginning with the page that the server rendered. */
	open(roomId: string, page: MessagePage): RoomMessages {
		const known = this.#open.get(roomId);
		if (known) {
			known.adopt(page);
			return known;
		}
		const { messages: api } = this.#link.api;
		const opened = new RoomMessages(
			this.#userId,
			{
				page: (range) => api.page.query({ roomId, ...range }),
				send: (message) => api.send.mutate({ roomId, ...message }),
				say: (message) => this.#shortWay?.say(roomId, message) ?? false
			},
			page
		);
		this.#open.set(roomId, opened);
		for (const text of this.#heard) if (text.roomId === roomId) opened.hear(text);
		this.#heard = this.#heard.filter((text) => text.roomId !== roomId);
		if (this.#following) this.#keepUnsent(roomId, opened);
		return opened;
	}

	/** Adds a room that the server has just shown us; its news may still be on their way. */
	include(room: RoomHead): void {
		if (!this.rooms.some((one) => one.id === room.id)) this.rooms = [room, ...this.rooms];
		this.gone.delete(room.id);
	}

	/** Messages of a room were seen up to `n`: here at once, and on this person's other devices when the server knows. */
	markRead(roomId: string, n: number): void {
		const room = this.rooms.find((one) => one.id === roomId);
		if (!room || room.lastRead >= n) return;
		this.rooms = this.rooms.map((one) => (one === room ? { ...room, lastRead: n } : one));
		this.#tellRead(roomId, n);
	}

	async setRing(roomId: string, ring: RingSetting): Promise<void> {
		await this.#link.api.rooms.setRing.mutate({ roomId, ring });
		this.rooms = this.rooms.map((one) => (one.id === roomId ? { ...one, ring } : one));
	}

	#keepUnsent(roomId: string, messages: RoomMessages): void {
		messages.keepUnsent(createUnsentKeeper(() => sessionStorage, this.#userId, roomId));
	}

	#hear(text: CallText): void {
		const open = this.#open.get(text.roomId);
		if (open) open.hear(text);
		else this.#heard = [...this.#heard, text].slice(-MAX_HEARD_OF_ONE);
	}

	/** Unheard, it is told again with the next state. */
	#tellRead(roomId: string, n: number): void {
		this.#link.api.rooms.markRead.mutate({ roomId, n }).catch(() => undefined);
	}

	#receive(news: LinkNews): void {
		switch (news.type) {
			case 'state':
				this.#replace(news.state.rooms);
				// It comes with each new connection: whatever waits for the server need wait no longer.
				for (const messages of this.#open.values()) messages.tryAgain();
				break;
			case 'room':
				// The message first: a number alone would have the log ask for it.
				if (news.message) this.#open.get(news.room.id)?.receive(news.message);
				this.#update(news.room);
				break;
			case 'room-gone':
				this.#remove(news.roomId);
				break;
			default: // calls, signals and the link itself are not a room's business
		}
	}

	#replace(rooms: readonly RoomHead[]): void {
		const present = new Set(rooms.map((room) => room.id));
		for (const { id } of this.rooms) if (!present.has(id)) this.#remove(id);
		const known = new Map(this.rooms.map((room) => [room.id, room]));
		this.rooms = rooms.map((room) => {
			this.gone.delete(room.id);
			this.#open.get(room.id)?.noteHead(room.lastN);
			const lastRead = known.get(room.id)?.lastRead ?? 0;
			if (lastRead <= room.lastRead) return room;
			this.#tellRead(room.id, lastRead);
			return { ...room, lastRead };
		});
	}

	#update(room: RoomHead): void {
		const known = this.rooms.find((one) => one.id === room.id);
		this.gone.delete(room.id);
		this.#open.get(room.id)?.noteHead(room.lastN);
		if (!known) {
			this.rooms = [room, ...this.rooms];
			return;
		}
		// Late news must not take the room back.
		const latest: RoomHead = {
			...room,
			lastN: Math.max(known.lastN, room.lastN),
			lastRead: Math.max(known.lastRead, room.lastRead)
		};
		this.rooms =
			room.lastN > known.lastN
				? [latest, ...this.rooms.filter((one) => one !== known)]
				: this.rooms.map((one) => (one === known ? latest : one));
	}

	#remove(roomId: string): void {
		this.rooms = this.rooms.filter((one) => one.id !== roomId);
		this.#open.delete(roomId);
		this.gone.add(roomId);
	}
}

// Context, not a module singleton: on the server a module is shared between users.
export const [getRoomStore, setRoomStore] = createContext<RoomStore>();
