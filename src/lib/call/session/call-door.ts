import type { Link } from '../../link/link';
import { currentOf, type Scene, type SceneEvent } from '../core/scene';
import type { CallKind, CallSnapshot } from '../core/snapshot';
import type { CallMemory } from './call-memory';
import type { CallServer, InCall, MediaChoice } from './call-server';
import { CallStay, type CallStayDeps } from './call-stay';
import { insist, pause } from './insist';
import { mediaNewsWords } from './media-news-words';
import type { NoticeBoard } from './notice-board';
import { isOver, isRefusal, wordsForFailure } from './notices';
import { pageDevice } from './page-device';
import type { PageLife } from './page-life';
import type { SessionView } from './view';

export type CallDoorDeps = Pick<
	CallStayDeps,
	'openMedia' | 'openScreen' | 'createMesh' | 'hidesAddress' | 'onSaid' | 'onReachable'
> & {
	readonly server: CallServer;
	readonly link: Pick<Link, 'deviceId' | 'listen' | 'sendSignal'>;
	readonly memory: CallMemory;
	/** What this browser's person wants to be on as they join. */
	readonly joinsWith: () => MediaChoice;
	readonly page: Pick<PageLife, 'postOnLeaving'>;
	readonly board: Pick<NoticeBoard, 'say' | 'dismiss'>;
	/** As it is at this moment: what is dispatched changes it at once. */
	readonly scene: () => Scene;
	readonly dispatch: (event: SceneEvent) => void;
	readonly lookUp: (callId: string) => Promise<void>;
	/** Anything that is shown has changed. */
	readonly onChange: () => void;
};

/** One request to be let in. It may be repeated: whoever is in already is answered like whoever comes in. */
type Entry = {
	/** Null while a call is being started. */
	readonly callId: string | null;
	readonly choice: MediaChoice;
	readonly ask: (deviceId: string) => Promise<CallSnapshot>;
	/** Not the person's wish of this moment, so its failing is no problem of theirs. */
	readonly comingBack?: boolean;
};

/** Longer than it takes to be let in and to offer, and too short to be seen. */
const URGENT_FOR_MS = 80;
/** Leaving waits no longer for what comes before it. */
const LAST_WORDS_WITHIN_MS = 1_000;

const ADDRESS_SHOWN =
	'This server has no TURN server, so your network address is not hidden from the people in this call.';

/**
 * The way into a call and out of it, one stay at a time: nothing else makes a stay, closes it or remembers it for a
 * reload. Whether this device is in a call is for `scene` to say. The door reads it and tells it what came of each
 * request; the session says when the scene wants this device released or let in anew.
 */
export class CallDoor {
	readonly #deps: CallDoorDeps;
	#stay: CallStay | null = null;
	#starting: SessionView['starting'] = null;
	#urgent: ReturnType<typeof setTimeout> | undefined;
	#closed = false;

	constructor(deps: CallDoorDeps) {
		this.#deps = deps;
	}

	/** From the press of the button until this device is out again. */
	get stay(): CallStay | null {
		return this.#stay;
	}

	/** Since a call was answered here, until somebody in it has our first signal on its way: they wait for it. Not for long. */
	get urgent(): boolean {
		return this.#urgent !== undefined;
	}

	/** A call that the server is being asked to start. */
	get starting(): SessionView['starting'] {
		return this.#starting;
	}

	/** The call this device is in, and this device's id in it. */
	get at(): InCall | null {
		const { here, deviceId } = this.#scene;
		return here?.stage === 'in' && deviceId !== null ? { callId: here.callId, deviceId } : null;
	}

	/** Leaves, and does not come back into a call that is only now remembered. */
	close(): void {
		void this.leave();
		this.#closed = true;
	}

	// --- in ---

	async start(roomId: string, kind: CallKind): Promise<void> {
		if (this.#isAsking() || currentOf(this.#scene)?.call.roomId === roomId) return;
		const starting = { roomId, kind };
		const choice = this.#choiceFor(kind === 'video');
		void this.leave(); // one call at a time
		this.#starting = starting;
		await this.#enter({
			callId: null,
			choice,
			ask: (deviceId) => this.#deps.server.start({ ...starting, deviceId, ...choice })
		});
		if (this.#starting === starting) this.#starting = null;
		this.#deps.onChange();
	}

	/** @param way `accept` what rings for this person, `join` what does not */
	async answer(way: 'accept' | 'join', callId: string, withCamera: boolean): Promise<void> {
		// The first press is on its way, or has brought us in.
		if (this.#isAsking() || this.#scene.here?.callId === callId) return;
		const cameraEnabled = withCamera && this.#scene.calls.get(callId)?.kind === 'video';
		const choice = this.#choiceFor(cameraEnabled);
		void this.leave(); // one call at a time
		this.#urgent = setTimeout(() => this.#calm(), URGENT_FOR_MS);
		await this.#enter({
			callId,
			choice,
			ask: (deviceId) => this.#deps.server[way]({ callId, deviceId, ...choice })
		});
	}

	#choiceFor(withCamera: boolean): MediaChoice {
		const { microphoneEnabled, cameraEnabled } = this.#deps.joinsWith();
		return { microphoneEnabled, cameraEnabled: withCamera && cameraEnabled };
	}

	/** After a reload: the same call, in place of the device that this page was. */
	async comeBack(): Promise<void> {
		const remembered = await this.#deps.memory.recall();
		if (!remembered || this.#closed || this.#scene.here) return;
		const { callId, deviceId, ...choice } = remembered;
		await this.#enter(this.#again({ callId, replaces: deviceId, choice }));
	}

	/** The server has forgotten the device that was in the call: the same stay goes on as the device of now. */
	rejoin({ callId, replaces }: { callId: string; replaces: string }): void {
		const stay = this.#stay;
		if (!stay) return;
		void this.#askFor(stay, this.#again({ callId, replaces, choice: stay.choice }));
	}

	#again({ callId, replaces, choice }: { callId: string; replaces: string; choice: MediaChoice }): Entry {
		return {
			callId,
			choice,
			comingBack: true,
			ask: (deviceId) => this.#deps.server.join({ callId, deviceId, replaces, ...choice })
		};
	}

	/** Opens the devices and asks the server, both at once. */
	#enter(entry: Entry): Promise<void> {
		const { server, link, board, openMedia, openScreen, createMesh, hidesAddress, dispatch, lookUp } =
			this.#deps;
		const { onSaid, onReachable } = this.#deps;
		const stay = new CallStay(
			{
				server,
				openMedia,
				openScreen,
				createMesh,
				hidesAddress,
				sendSignal: (callId, toDeviceId, envelope) => {
					link.sendSignal(callId, toDeviceId, envelope);
					this.#calm();
				},
				onChange: () => this.#stayChanged(stay),
				onCall: (call) => dispatch({ type: 'call', call }),
				onDoubt: (callId) => void lookUp(callId),
				onMuted: () => board.say({ text: 'The host has muted you', tone: 'neutral' }),
				onAddressShown: () => board.say({ text: ADDRESS_SHOWN, tone: 'problem' }),
				onMediaNews: (news) => board.say({ text: mediaNewsWords(news), tone: 'neutral' }),
				onSaid,
				onReachable
			},
			entry.choice
		);
		this.#stay = stay;
		// What became of the last call is not about this one.
		board.dismiss();
		if (entry.callId) stay.prepare(entry.callId);
		dispatch({ type: 'ask', callId: entry.callId });
		return this.#askFor(stay, entry);
	}

	async #askFor(stay: CallStay, entry: Entry): Promise<void> {
		let deviceId: string | null = null;
		try {
			const device = await pageDevice(this.#deps.link);
			deviceId = device;
			const call = await insist(
				() => entry.ask(device),
				() => stay.closed
			);
			if (stay.closed) return this.#sayLeft({ callId: call.id, deviceId }); // left while it was being joined
			this.#deps.dispatch({ type: 'entered', call });
			if (stay.closed) return; // it was over before we knew
			stay.enter(call, device, entry.choice);
			const newest = currentOf(this.#scene)?.call;
			if (newest) stay.update(newest);
			this.#stayChanged(stay);
		} catch (error) {
			if (!stay.closed) this.#refused(entry, error);
			// A request whose answer got lost may have let us in all the same. Said once the scene has us out.
			const { callId } = entry;
			if (deviceId && callId && !isRefusal(error)) void this.#sayLeft({ callId, deviceId });
		}
	}

	#refused({ callId, comingBack }: Entry, error: unknown): void {
		const { board, dispatch, lookUp } = this.#deps;
		dispatch({ type: 'refused' });
		this.release();
		if (comingBack && isOver(error)) board.say({ text: 'The call has ended', tone: 'neutral' });
		else board.say({ text: wordsForFailure(error), tone: 'problem' });
		if (callId) void lookUp(callId);
	}

	#calm(): void {
		if (!this.#urgent) return;
		clearTimeout(this.#urgent);
		this.#urgent = undefined;
		this.#deps.onChange();
	}

	#stayChanged(stay: CallStay): void {
		if (stay !== this.#stay) return;
		const { at } = this;
		if (at) this.#deps.memory.remember({ ...at, ...stay.choice });
		this.#deps.onChange();
	}

	// --- out ---

	/** Out of whatever call this device is in or on its way into: here at once, then at the server. */
	async leave(): Promise<void> {
		const { at, stay } = this;
		if (!this.#scene.here) return;
		const wasOutgoing = currentOf(this.#scene)?.stage === 'outgoing';
		this.#deps.dispatch({ type: 'leave' });
		this.release();
		if (wasOutgoing) this.#deps.board.say({ text: 'Call cancelled', tone: 'neutral' });
		// On its way in, whoever asked finds the stay closed, and says so when the answer is there.
		if (stay?.lastWords) await Promise.race([stay.lastWords, pause(LAST_WORDS_WITHIN_MS)]);
		if (at) await this.#sayLeft(at);
	}

	/** The scene has this device out of the call: the stay is over, and no reload is to come back to it. */
	release(): void {
		this.#deps.memory.forget();
		this.#stay?.close();
		this.#stay = null;
		this.#calm();
	}

	/** The page goes: the others see at once that this device is reconnecting. */
	sayAway(): void {
		const { at } = this;
		if (at) this.#deps.page.postOnLeaving('/trpc/calls.away', at);
	}

	async #sayLeft(at: InCall): Promise<void> {
		const isBack = () => this.#scene.here?.callId === at.callId;
		if (isBack()) return; // the person thought better of it
		try {
			await insist(() => this.#deps.server.leave(at), isBack);
		} catch {
			// Its lease says it in the end.
		}
	}

	#isAsking(): boolean {
		return this.#scene.here?.stage === 'asking';
	}

	get #scene(): Scene {
		return this.#deps.scene();
	}
}
