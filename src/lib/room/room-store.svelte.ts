import { createContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { RoomHead } from '../call/core/inbox';
import type { Link, LinkNews } from '../link/link';
import { RoomMessages, type MessagePage } from './room-messages.svelte';

/** A send or a page that is not answered by then has failed. */
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * The rooms this person is in, and the messages of those this page has opened. The link's news keep it
 * right: whole state on every (re)connection, one room at a time between.
 */
export class RoomStore {
	/** Newest activity first. */
	rooms = $state.raw<readonly RoomHead[]>([]);
	/** Rooms this person was in while this page was open, and is not any more. */
	readonly gone = new SvelteSet<string>();
	/** Rises when a room's name or members may have changed: pages load those anew. */
	revision = $state(0);
	readonly #link: Pick<Link, 'api'>;
	readonly #userId: string;
	readonly #open = new Map<string, RoomMessages>();

	constructor(link: Pick<Link, 'api'>, userId: string, rooms: readonly RoomHead[]) {
		this.#link = link;
		this.#userId = userId;
		this.rooms = rooms;
	}

	/** Follows a link's news. @returns a function that stops */
	follow(link: Pick<Link, 'listen'>): () => void {
		return link.listen((news) => this.#receive(news));
	}

	/** A room's messages, beginning with the page that the server rendered. */
	open(roomId: string, page: MessagePage): RoomMessages {
		const known = this.#open.get(roomId);
		if (known) {
			known.adopt(page);
			return known;
		}
		const { messages: api } = this.#link.api;
		const options = () => ({ signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
		const opened = new RoomMessages(
			this.#userId,
			{
				page: (range) => api.page.query({ roomId, ...range }, options()),
				send: (message) => api.send.mutate({ roomId, ...message }, options())
			},
			page
		);
		this.#open.set(roomId, opened);
		return opened;
	}

	/** Adds a room that the server has just shown us; its news may still be on their way. */
	include(room: RoomHead): void {
		if (!this.rooms.some((one) => one.id === room.id)) this.rooms = [room, ...this.rooms];
		this.gone.delete(room.id);
	}

	#receive(news: LinkNews): void {
		switch (news.type) {
			case 'state':
				this.#replace(news.state.rooms);
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
		for (const room of rooms) {
			this.gone.delete(room.id);
			this.#open.get(room.id)?.noteHead(room.lastN);
		}
		this.rooms = rooms;
		this.revision += 1;
	}

	#update(room: RoomHead): void {
		const known = this.rooms.find((one) => one.id === room.id);
		this.gone.delete(room.id);
		this.#open.get(room.id)?.noteHead(room.lastN);
		if (known && room.lastN > known.lastN) {
			this.rooms = [room, ...this.rooms.filter((one) => one !== known)];
			return;
		}
		// Late news must not take the room back.
		const latest = known ? { ...room, lastN: known.lastN } : room;
		this.rooms = known ? this.rooms.map((one) => (one === known ? latest : one)) : [room, ...this.rooms];
		this.revision += 1;
	}

	#remove(roomId: string): void {
		this.rooms = this.rooms.filter((one) => one.id !== roomId);
		this.#open.delete(roomId);
		this.gone.add(roomId);
	}
}

// Context, not a module singleton: on the server a module is shared between users.
export const [getRoomStore, setRoomStore] = createContext<RoomStore>();
