import type { Link, LinkNews } from '../../link/link';
import {
	currentOf,
	newScene,
	transition,
	type Scene,
	type SceneEffect,
	type SceneEvent
} from '../core/scene';
import type { CallKind, CallSnapshot } from '../core/snapshot';
import { assertNever } from '../core/step';
import type { CallMemory } from './call-memory';
import type { CallServer, MediaChoice } from './call-server';
import { CallStay, type CallStayDeps } from './call-stay';
import { createInCallActions } from './in-call-actions';
import { insist } from './insist';
import { createLookUps } from './look-ups';
import { NoticeBoard } from './notice-board';
import { isOver, isRefusal, wordsForFailure } from './notices';
import { OfflineCallees } from './offline-callees';
import { pageDevice } from './page-device';
import type { PageLife } from './page-life';
import { makeView } from './session-view';
import type { CallActions, SessionView } from './view';

export type CallSessionDeps = Pick<CallStayDeps, 'server' | 'openMedia' | 'createMesh'> & {
	readonly link: Pick<Link, 'deviceId' | 'status' | 'listen' | 'sendSignal'>;
	readonly userId: string;
	readonly memory: CallMemory;
	readonly page: PageLife;
	/** Unix milliseconds on this device's clock. */
	readonly now: () => number;
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

/**
 * The calls of one person on this page. Takes the link's news and the person's wishes, lets `scene` decide, and
 * runs what it asks for: media, connections, requests, words. What there is to show is in `view`.
 */
export class CallSession {
	readonly actions: CallActions;
	readonly #deps: CallSessionDeps;
	readonly #server: CallServer;
	readonly #listeners = new Set<() => void>();
	readonly #lookUp: (callId: string) => Promise<void>;
	readonly #board = new NoticeBoard(() => this.#publish());
	readonly #offline: OfflineCallees;
	#scene: Scene;
	#stay: CallStay | null = null;
	#starting: { roomId: string; kind: CallKind } | null = null;
	#clockOffsetMs = 0;
	#view: SessionView;
	#ends: (() => void)[] = [];
	#closed = false;

	constructor(deps: CallSessionDeps) {
		this.#deps = deps;
		this.#server = deps.server;
		this.#offline = new OfflineCallees({ ask: deps.server.presence, onChange: () => this.#publish() });
		this.#scene = newScene(deps.userId);
		this.#lookUp = createLookUps({
			get: (callId) => deps.server.get(callId),
			isWanted: (callId) => !this.#closed && this.#scene.calls.has(callId),
			onFound: (call) => this.#dispatch({ type: 'call', call }),
			onGone: (callId) => this.#dispatch({ type: 'call-gone', callId })
		});
		this.#view = this.#makeView();
		this.actions = {
			start: (roomId, kind) => this.#start(roomId, kind),
			accept: (callId, withCamera) => this.#answer('accept', callId, withCamera),
			decline: (callId) => this.#decline(callId),
			join: (callId) => this.#answer('join', callId, true),
			leave: () => this.#leave(),
			...createInCallActions({
				server: this.#server,
				at: () => {
					const { here, deviceId } = this.#scene;
					return here?.stage === 'in' && deviceId !== null ? { callId: here.callId, deviceId } : null;
				},
				tell: (event) => this.#dispatch(event),
				lookUp: (callId) => this.#lookUp(callId),
				sayProblem: (text) => this.#board.say({ text, tone: 'problem' })
			}),
			setMicrophone: async (enabled) => this.#stay?.setMicrophone(enabled),
			setCamera: async (enabled) => this.#stay?.setCamera(enabled),
			dismissNotice: () => this.#board.dismiss()
		};
	}

	get view(): SessionView {
		return this.#view;
	}

	/** @returns a function that stops listening */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Begins to follow the link; in a browser, once. A call that this tab was in before a reload is entered again. */
	open(): void {
		const { link, page } = this.#deps;
		this.#ends = [
			link.listen((news) => this.#hear(news)),
			page.listen({
				leaving: () => this.#sayAway(),
				back: () => void this.#stay?.renew(),
				networkChanged: () => this.#stay?.restartIce()
			})
		];
		if (link.deviceId) this.#dispatch({ type: 'device', deviceId: link.deviceId });
		void this.#comeBack();
	}

	/** Ends all that this began, and leaves the call it is in. */
	close(): void {
		if (this.#closed) return;
		void this.#leave();
		this.#closed = true;
		for (const end of this.#ends) end();
		this.#board.close();
		this.#listeners.clear();
	}

	// --- news ---

	#hear(news: LinkNews): void {
		switch (news.type) {
			case 'device':
				return this.#dispatch(news);
			case 'state':
				this.#clockOffsetMs = news.state.serverNow - this.#deps.now();
				return this.#dispatch({ type: 'state', calls: news.state.calls });
			case 'call':
				return this.#dispatch(news);
			case 'signal':
				return this.#stay?.receive(news.signal);
			case 'send-refused':
				// Their device is gone, or its mailbox begins anew: the snapshot tells which.
				if (this.#scene.here?.callId === news.callId) void this.#lookUp(news.callId);
				return;
			case 'signed-out':
				this.#deps.memory.forget();
				this.#dispatch({ type: 'leave' });
				this.#closeStay();
				return this.#publish();
			case 'room-gone':
				// Nobody tells us of its calls any more: what rings here would ring on.
				for (const { id, roomId } of this.#scene.calls.values()) {
					if (roomId === news.roomId) void this.#lookUp(id);
				}
				return this.#publish();
			case 'status':
			case 'epoch': // the snapshots carry it too, to both sides
			case 'room':
			case 'standing':
				return this.#publish();
			default:
				assertNever(news);
		}
	}

	#dispatch(event: SceneEvent): void {
		if (this.#closed) return;
		const { state, effects } = transition(this.#scene, event);
		this.#scene = state;
		for (const effect of effects) this.#run(effect);
		const current = currentOf(this.#scene);
		if (current && current.stage !== 'joining') this.#stay?.update(current.call);
		this.#offline.update(current?.stage === 'outgoing' ? current.call : null);
		this.#publish();
	}

	#run(effect: SceneEffect): void {
		switch (effect.type) {
			case 'look-up':
				void this.#lookUp(effect.callId);
				return;
			case 'say':
				return this.#board.say(effect.words, effect);
			case 'release':
				this.#deps.memory.forget();
				return this.#closeStay();
			case 'rejoin':
				return this.#rejoin(effect);
			default:
				assertNever(effect);
		}
	}

	// --- into a call ---

	async #start(roomId: string, kind: CallKind): Promise<void> {
		if (this.#isAsking() || currentOf(this.#scene)?.call.roomId === roomId) return;
		const starting = { roomId, kind };
		const choice = { microphoneEnabled: true, cameraEnabled: kind === 'video' };
		this.#leaveForAnother();
		this.#starting = starting;
		await this.#enter({
			callId: null,
			choice,
			ask: (deviceId) => this.#server.start({ ...starting, deviceId, ...choice })
		});
		if (this.#starting === starting) this.#starting = null;
		this.#publish();
	}

	async #answer(way: 'accept' | 'join', callId: string, withCamera: boolean): Promise<void> {
		// The first press is on its way, or has brought us in.
		if (this.#isAsking() || this.#scene.here?.callId === callId) return;
		const cameraEnabled = withCamera && this.#scene.calls.get(callId)?.kind === 'video';
		const choice = { microphoneEnabled: true, cameraEnabled };
		this.#leaveForAnother();
		await this.#enter({
			callId,
			choice,
			ask: (deviceId) => this.#server[way]({ callId, deviceId, ...choice })
		});
	}

	/** After a reload: the same call, in place of the device that this page was. */
	async #comeBack(): Promise<void> {
		const remembered = await this.#deps.memory.recall();
		if (!remembered || this.#closed || this.#scene.here) return;
		const { callId, deviceId: replaces, ...choice } = remembered;
		await this.#enter({
			callId,
			choice,
			comingBack: true,
			ask: (deviceId) => this.#server.join({ callId, deviceId, replaces, ...choice })
		});
	}

	/** The server has forgotten the device that was in the call. */
	#rejoin({ callId, replaces }: { callId: string; replaces: string }): void {
		const stay = this.#stay;
		if (!stay) return;
		const { choice } = stay;
		void this.#askFor(stay, {
			callId,
			choice,
			comingBack: true,
			ask: (deviceId) => this.#server.join({ callId, deviceId, replaces, ...choice })
		});
	}

	/** Opens the devices and asks the server, both at once. */
	#enter(entry: Entry): Promise<void> {
		const { link, server, openMedia, createMesh } = this.#deps;
		const stay = new CallStay(
			{
				server,
				openMedia,
				createMesh,
				sendSignal: (callId, toDeviceId, envelope) => link.sendSignal(callId, toDeviceId, envelope),
				onChange: () => this.#stayChanged(stay),
				onCall: (call) => this.#dispatch({ type: 'call', call }),
				onDoubt: (callId) => void this.#lookUp(callId),
				onMuted: () => this.#board.say({ text: 'The host has muted you', tone: 'neutral' })
			},
			entry.choice
		);
		this.#stay = stay;
		// What became of the last call is not about this one.
		this.#board.dismiss();
		if (entry.callId) stay.prepare(entry.callId);
		this.#dispatch({ type: 'ask', callId: entry.callId });
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
			if (stay.closed) return this.#sayLeft(call.id, device); // left while it was being joined
			this.#dispatch({ type: 'entered', call });
			if (stay.closed) return; // it was over before we knew
			stay.enter(call, device, entry.choice);
			const newest = currentOf(this.#scene)?.call;
			if (newest) stay.update(newest);
			this.#stayChanged(stay);
		} catch (error) {
			// A request whose answer got lost may have let us in all the same.
			if (deviceId && entry.callId && !isRefusal(error)) void this.#sayLeft(entry.callId, deviceId);
			if (!stay.closed) this.#refused(entry, error);
		}
	}

	#refused({ callId, comingBack }: Entry, error: unknown): void {
		this.#deps.memory.forget();
		this.#dispatch({ type: 'refused' });
		this.#closeStay();
		if (comingBack && isOver(error)) this.#board.say({ text: 'The call has ended', tone: 'neutral' });
		else this.#board.say({ text: wordsForFailure(error), tone: 'problem' });
		if (callId) void this.#lookUp(callId);
	}

	// --- out of a call ---

	async #leave(): Promise<void> {
		const { here, deviceId } = this.#scene;
		const current = currentOf(this.#scene);
		if (!here) return;
		this.#deps.memory.forget();
		this.#dispatch({ type: 'leave' });
		this.#closeStay();
		this.#publish();
		if (current?.stage === 'outgoing') this.#board.say({ text: 'Call cancelled', tone: 'neutral' });
		// On its way in, whoever asked finds the stay closed, and says so when the answer is there.
		if (here.stage === 'in' && deviceId) await this.#sayLeft(here.callId, deviceId);
	}

	#leaveForAnother(): void {
		if (this.#scene.here) void this.#leave();
	}

	async #decline(callId: string): Promise<void> {
		this.#dispatch({ type: 'decline', callId });
		try {
			await this.#server.decline(callId);
		} catch (error) {
			this.#dispatch({ type: 'decline-failed', callId });
			this.#board.say({ text: wordsForFailure(error), tone: 'problem' });
		}
	}

	async #sayLeft(callId: string, deviceId: string): Promise<void> {
		const isBack = () => this.#scene.here?.callId === callId;
		if (isBack()) return; // the person thought better of it
		try {
			await insist(() => this.#server.leave({ callId, deviceId }), isBack);
		} catch {
			// Its lease says it in the end.
		}
	}

	/** The page goes: the others see at once that this device is reconnecting. */
	#sayAway(): void {
		const { here, deviceId } = this.#scene;
		if (here?.stage !== 'in' || !deviceId) return;
		this.#deps.page.postOnLeaving('/trpc/calls.away', { callId: here.callId, deviceId });
	}

	#closeStay(): void {
		this.#stay?.close();
		this.#stay = null;
	}

	#isAsking(): boolean {
		return this.#scene.here?.stage === 'asking';
	}

	// --- what is shown ---

	#stayChanged(stay: CallStay): void {
		if (stay !== this.#stay) return;
		const { here, deviceId } = this.#scene;
		if (here?.stage === 'in' && deviceId) {
			this.#deps.memory.remember({ callId: here.callId, deviceId, ...stay.choice });
		}
		this.#publish();
	}

	#publish(): void {
		if (this.#closed) return;
		this.#view = this.#makeView();
		for (const listener of [...this.#listeners]) listener();
	}

	#makeView(): SessionView {
		return makeView({
			scene: this.#scene,
			stay: this.#stay,
			offline: this.#offline,
			starting: this.#starting,
			notice: this.#board.notice,
			clockOffsetMs: this.#clockOffsetMs,
			link: this.#deps.link.status
		});
	}
}
