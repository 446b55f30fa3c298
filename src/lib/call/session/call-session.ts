import type { Link, LinkNews } from '../../link/link';
import {
	currentOf,
	newScene,
	transition,
	type Scene,
	type SceneEffect,
	type SceneEvent
} from '../core/scene';
import { assertNever } from '../core/step';
import { CallDoor, type CallDoorDeps } from './call-door';
import { createInCallActions } from './in-call-actions';
import { createLookUps } from './look-ups';
import { NoticeBoard } from './notice-board';
import { wordsForFailure } from './notices';
import { OfflineCallees } from './offline-callees';
import type { PageLife } from './page-life';
import { makeView } from './session-view';
import type { CallActions, SessionView } from './view';

export type CallSessionDeps = Pick<CallDoorDeps, 'server' | 'openMedia' | 'createMesh' | 'memory'> & {
	readonly link: Pick<Link, 'deviceId' | 'status' | 'listen' | 'sendSignal'>;
	readonly userId: string;
	readonly page: PageLife;
	/** Unix milliseconds on this device's clock. */
	readonly now: () => number;
};

/**
 * The calls of one person on this page. Takes the link's news and the person's wishes, lets `scene` decide, and
 * runs what it asks for: requests, words, and at the `CallDoor` the way in and out. What there is to show is in `view`.
 */
export class CallSession {
	readonly actions: CallActions;
	readonly #deps: CallSessionDeps;
	readonly #listeners = new Set<() => void>();
	readonly #lookUp: (callId: string) => Promise<void>;
	readonly #board = new NoticeBoard(() => this.#publish());
	readonly #offline: OfflineCallees;
	readonly #door: CallDoor;
	#scene: Scene;
	#clockOffsetMs = 0;
	#view: SessionView;
	#ends: (() => void)[] = [];
	#closed = false;

	constructor(deps: CallSessionDeps) {
		this.#deps = deps;
		this.#offline = new OfflineCallees({ ask: deps.server.presence, onChange: () => this.#publish() });
		this.#scene = newScene(deps.userId);
		this.#lookUp = createLookUps({
			get: (callId) => deps.server.get(callId),
			isWanted: (callId) => !this.#closed && this.#scene.calls.has(callId),
			onFound: (call) => this.#dispatch({ type: 'call', call }),
			onGone: (callId) => this.#dispatch({ type: 'call-gone', callId })
		});
		this.#door = new CallDoor({
			...deps,
			board: this.#board,
			scene: () => this.#scene,
			dispatch: (event) => this.#dispatch(event),
			lookUp: this.#lookUp,
			onChange: () => this.#publish()
		});
		this.#view = this.#makeView();
		this.actions = {
			start: (roomId, kind) => this.#door.start(roomId, kind),
			accept: (callId, withCamera) => this.#door.answer('accept', callId, withCamera),
			decline: (callId) => this.#decline(callId),
			join: (callId) => this.#door.answer('join', callId, true),
			leave: () => this.#door.leave(),
			...createInCallActions({
				server: deps.server,
				at: () => this.#door.at,
				tell: (event) => this.#dispatch(event),
				lookUp: this.#lookUp,
				sayProblem: (text) => this.#board.say({ text, tone: 'problem' })
			}),
			setMicrophone: async (enabled) => this.#door.stay?.setMicrophone(enabled),
			setCamera: async (enabled) => this.#door.stay?.setCamera(enabled),
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
				leaving: () => this.#door.sayAway(),
				back: () => void this.#door.stay?.renew(),
				networkChanged: () => this.#door.stay?.restartIce()
			})
		];
		if (link.deviceId) this.#dispatch({ type: 'device', deviceId: link.deviceId });
		void this.#door.comeBack();
	}

	/** Ends all that this began, and leaves the call it is in. */
	close(): void {
		if (this.#closed) return;
		this.#door.close();
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
				return this.#door.stay?.receive(news.signal);
			case 'send-refused':
				// Their device is gone, or its mailbox begins anew: the snapshot tells which.
				if (this.#scene.here?.callId === news.callId) void this.#lookUp(news.callId);
				return;
			case 'signed-out':
				this.#dispatch({ type: 'leave' });
				return this.#door.release();
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
		if (current && current.stage !== 'joining') this.#door.stay?.update(current.call);
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
				return this.#door.release();
			case 'rejoin':
				return this.#door.rejoin(effect);
			default:
				assertNever(effect);
		}
	}

	async #decline(callId: string): Promise<void> {
		this.#dispatch({ type: 'decline', callId });
		try {
			await this.#deps.server.decline(callId);
		} catch (error) {
			this.#dispatch({ type: 'decline-failed', callId });
			this.#board.say({ text: wordsForFailure(error), tone: 'problem' });
		}
	}

	// --- what is shown ---

	#publish(): void {
		if (this.#closed) return;
		this.#view = this.#makeView();
		for (const listener of [...this.#listeners]) listener();
	}

	#makeView(): SessionView {
		return makeView({
			scene: this.#scene,
			stay: this.#door.stay,
			offline: this.#offline,
			starting: this.#door.starting,
			notice: this.#board.notice,
			clockOffsetMs: this.#clockOffsetMs,
			link: this.#deps.link.status
		});
	}
}
