import type { Link, LinkNews, LinkStatus } from '../../link/link';
import {
	currentOf,
	newScene,
	transition,
	type Scene,
	type SceneEffect,
	type SceneEvent
} from '../core/scene';
import type { ShownSize } from '../core/shown-size';
import { assertNever } from '../core/step';
import { CallDoor, type CallDoorDeps } from './call-door';
import { CallTalk } from './call-talk';
import { createInCallActions } from './in-call-actions';
import { createLookUps } from './look-ups';
import { NoticeBoard } from './notice-board';
import { wordsForFailure, wordsForScreen } from './notices';
import { OfflineCallees } from './offline-callees';
import type { PageLife } from './page-life';
import { makeView } from './session-view';
import type { CallActions, SessionView } from './view';

export type CallSessionDeps = Pick<
	CallDoorDeps,
	'server' | 'openMedia' | 'openScreen' | 'createMesh' | 'memory' | 'hidesAddress' | 'joinsWith'
> & {
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
	readonly talk: CallTalk;
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
	/** No news and no signals come just now. */
	#away = false;
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
		this.talk = new CallTalk({
			place: () => (this.#door.at ? (currentOf(this.#scene)?.call ?? null) : null),
			deviceId: () => this.#scene.deviceId,
			say: (message) => this.#door.stay?.say(message) ?? 0,
			now: deps.now,
			onChange: () => this.#publish()
		});
		this.#door = new CallDoor({
			...deps,
			onSaid: (from, message) => this.talk.hear(from, message),
			onReachable: () => this.talk.reachable(),
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
			setScreen: (enabled) => this.#setScreen(enabled),
			dismissNotice: () => this.#board.dismiss(),
			react: (reaction) => {
				if (!this.talk.react(reaction))
					this.#board.say({ text: 'Nobody is connected to see it', tone: 'neutral' });
			}
		};
	}

	get view(): SessionView {
		return this.#view;
	}

	/** Something is on its way that others wait for: what there is to show can wait. Said anew when it is over. */
	get urgent(): boolean {
		return this.#door.urgent;
	}

	/** How loud each of the call's other devices is just now, 0 to 1. */
	get levels(): ReadonlyMap<string, number> {
		return this.#door.stay?.levels ?? new Map();
	}

	/** A tile of the call says how large it shows its person's camera. */
	show(deviceId: string, size: ShownSize): void {
		this.#door.stay?.sizes.show(deviceId, size);
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
		this.talk.close();
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
				this.#followLink(news.status);
				return this.#publish();
			case 'epoch': // the snapshots carry it too, to both sides
			case 'room':
			case 'standing':
				return this.#publish();
			default:
				assertNever(news);
		}
	}

	/** Who was away for long has lost their lease, and what changed meanwhile could not be told: no need to wait for the next renewal. */
	#followLink({ rung }: LinkStatus): void {
		const wasAway = this.#away;
		this.#away = rung === 'none';
		if (wasAway && !this.#away) void this.#door.stay?.renew();
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

	async #setScreen(enabled: boolean): Promise<void> {
		const problem = await this.#door.stay?.setScreen(enabled);
		if (problem) this.#board.say({ text: wordsForScreen(problem), tone: 'problem' });
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
			link: this.#deps.link.status,
			reactions: this.talk.reactions
		});
	}
}
