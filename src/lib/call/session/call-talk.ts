import type { CallText, Reaction, TalkMessage } from '../core/channel-message';
import { mayReact, showReaction, stillShown, type ShownReaction } from '../core/reactions';
import type { CallSnapshot } from '../core/snapshot';

export type CallTalkDeps = {
	/** The call this device is in. */
	readonly place: () => CallSnapshot | null;
	readonly deviceId: () => string | null;
	/** Says it to all who are connected. @returns to how many it was handed over */
	readonly say: (message: TalkMessage) => number;
	readonly now: () => number;
	readonly onChange: () => void;
};

/** What a room wants to know of the call that goes on in it. */
export type TextListener = {
	/** Somebody in the call has written this; the room will say the same, once it has it. */
	text(text: CallText): void;
	/** Somebody in that room's call can be reached, who could not before. */
	reachable(roomId: string): void;
};

/**
 * What is said in a call beside voice and picture, over the connections that stand: reactions, which are of the moment, and the
 * texts of the call's room, which the room keeps. Who says something is who the last snapshot has at that device.
 */
export class CallTalk {
	readonly #deps: CallTalkDeps;
	readonly #listeners = new Set<TextListener>();
	#shown: readonly ShownReaction[] = [];
	#shownIn: string | null = null;
	#sentAt: readonly number[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(deps: CallTalkDeps) {
		this.#deps = deps;
	}

	/** Those of the call this device is in. */
	get reactions(): readonly ShownReaction[] {
		return this.#shownIn === (this.#deps.place()?.id ?? null) ? this.#shown : [];
	}

	/** @returns a function that stops listening */
	listen(listener: TextListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/**
	 * Too many at once are not sent. What reaches nobody is not shown as if it had.
	 *
	 * @returns false when there is nobody whom it reaches
	 */
	react(reaction: Reaction): boolean {
		const deviceId = this.#deps.deviceId();
		const sentAt = mayReact(this.#sentAt, this.#deps.now());
		if (!deviceId || !sentAt) return true;
		if (this.#deps.say({ v: 1, type: 'reaction', reaction }) === 0) return false;
		this.#sentAt = sentAt;
		this.#show(deviceId, reaction);
		return true;
	}

	/** @returns whether anybody in a call of that room was handed it */
	say(roomId: string, { id, body }: { id: string; body: string }): boolean {
		return this.#deps.place()?.roomId === roomId && this.#deps.say({ v: 1, type: 'text', id, body }) > 0;
	}

	hear(fromDeviceId: string, message: TalkMessage): void {
		const call = this.#deps.place();
		const userId = call?.devices.find(({ deviceId }) => deviceId === fromDeviceId)?.userId;
		const author = call?.participants.find((one) => one.userId === userId);
		// The server has had them out of the call, and perhaps of the room, since.
		if (!call || !author) return;
		if (message.type === 'reaction') return this.#show(fromDeviceId, message.reaction);
		const { id, body } = message;
		const text = { roomId: call.roomId, id, authorId: author.userId, authorName: author.displayName, body };
		for (const listener of [...this.#listeners]) listener.text(text);
	}

	reachable(): void {
		const roomId = this.#deps.place()?.roomId;
		if (roomId !== undefined) for (const listener of [...this.#listeners]) listener.reachable(roomId);
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#listeners.clear();
	}

	#show(deviceId: string, reaction: Reaction): void {
		const before = this.reactions;
		this.#shownIn = this.#deps.place()?.id ?? null;
		this.#shown = showReaction(before, { deviceId, reaction }, this.#deps.now());
		this.#expire();
	}

	/** Takes away what has had its time, and comes back for the next. */
	#expire(): void {
		clearTimeout(this.#timer);
		this.#shown = stillShown(this.#shown, this.#deps.now());
		const next = Math.min(...this.#shown.map(({ until }) => until));
		if (this.#shown.length > 0) this.#timer = setTimeout(() => this.#expire(), next - this.#deps.now());
		this.#deps.onChange();
	}
}
