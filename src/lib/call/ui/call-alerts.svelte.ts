import { createContext } from 'svelte';
import { tellWorker, findWorker, registerWorker } from '../notify/page-worker';
import { permissionOf, type Permission } from '../notify/permission';
import { keepPreferences, readPreferences, type Preferences } from '../notify/preferences';
import { RingAnswers } from '../notify/ring-answers';
import { RingNotifier } from '../notify/ring-notifier';
import type { CallSession } from '../session/call-session';
import { END_NOTES, RINGS } from './tone-patterns';
import { createTones, type Tones } from './tones';

type Session = Pick<CallSession, 'view' | 'actions' | 'subscribe'>;

const storage = () => localStorage;

/** How a call reaches its person beyond what the page shows: tones and system notifications, as this browser wants them. */
export class CallAlerts {
	#preferences = $state.raw<Preferences>(readPreferences(storage));
	/** Null on the server. */
	#permission = $state<Permission | null>(null);
	readonly #session: Session;
	#tones: Tones | null = null;
	#notifier: RingNotifier | null = null;
	#isLeaving = false;
	#heardEnds = 0;
	readonly #answers: RingAnswers;

	constructor(session: Session) {
		this.#session = session;
		this.#answers = new RingAnswers({
			rings: (callId) => session.view.ringing.some(({ id }) => id === callId),
			claim: () => ({ inCall: session.view.current !== null, inFront: isInFront() }),
			accept: (callId) => void session.actions.accept(callId, false),
			decline: (callId) => void session.actions.decline(callId)
		});
	}

	get preferences(): Preferences {
		return this.#preferences;
	}

	get permission(): Permission | null {
		return this.#permission;
	}

	change(part: Partial<Preferences>): void {
		const next = { ...this.#preferences, ...part };
		keepPreferences(next, storage);
		this.#take(next);
	}

	/** One round of the chosen ring tone. */
	tryRingTone(): void {
		this.#tones?.playOnce(RINGS[this.#preferences.ringTone].notes);
	}

	/** Asks the browser, which asks the person. Only by a gesture of theirs. */
	async askPermission(): Promise<void> {
		await Notification.requestPermission().catch(() => undefined); // a browser that forbids to ask
		this.#lookAtPermission();
	}

	/** This page's address says that a notification opened it, to answer this call. If so, the service worker says it, too. */
	openedFor(callId: string): void {
		if ('serviceWorker' in navigator) tellWorker({ type: 'call-opened', callId }).catch(() => undefined);
	}

	/** In a browser, once. @returns a function that ends all that this began */
	open(): () => void {
		const stop = new AbortController();
		const options = { signal: stop.signal };
		const tones = (this.#tones = createTones(this.#preferences));
		if ('serviceWorker' in navigator && 'locks' in navigator) this.#openNotifier(options);
		window.addEventListener('storage', () => this.#take(readPreferences(storage)), options);
		const unsubscribe = this.#session.subscribe(() => this.#follow());
		void this.#followPermission(options);
		this.#lookAtPermission();
		return () => {
			stop.abort();
			unsubscribe();
			tones.close();
			this.#notifier?.close();
		};
	}

	#openNotifier(options: { signal: AbortSignal }): void {
		const notifier = new RingNotifier({
			locks: navigator.locks,
			tray: findWorker,
			after: (ms, run) => {
				const timer = setTimeout(run, ms);
				return () => clearTimeout(timer);
			}
		});
		this.#notifier = notifier;
		document.addEventListener('visibilitychange', () => this.#follow(), options);
		for (const change of ['focus', 'blur']) window.addEventListener(change, () => this.#follow(), options);
		window.addEventListener('pagehide', () => this.#setLeaving(true), options);
		window.addEventListener('pageshow', () => this.#setLeaving(false), options);
		navigator.serviceWorker.addEventListener(
			'message',
			({ data, ports }: MessageEvent<unknown>) =>
				this.#answers.take(data, (claim) => ports[0]?.postMessage(claim)),
			options
		);
		navigator.serviceWorker.startMessages();
	}

	#follow(): void {
		const { tone, endTones, aloud } = this.#session.view;
		this.#tones?.play(tone);
		if (endTones > this.#heardEnds) this.#tones?.playOnce(END_NOTES);
		this.#heardEnds = endTones;
		const wanted = this.#preferences.notify && this.#permission === 'allowed';
		if (!this.#isLeaving) this.#notifier?.update(wanted ? aloud : null, isInFront());
		this.#answers.changed();
	}

	/** A page that goes hears of it first, and then that it is hidden. It may come back out of the browser's cache. */
	#setLeaving(isLeaving: boolean): void {
		this.#isLeaving = isLeaving;
		if (isLeaving) this.#notifier?.close();
		else this.#follow();
	}

	#take(preferences: Preferences): void {
		this.#preferences = preferences;
		this.#tones?.use(preferences);
		this.#follow();
	}

	#lookAtPermission(): void {
		this.#permission = permissionOf(window);
		// A browser that forbids it: the call rings in the page.
		if (this.#permission === 'allowed') registerWorker().catch(() => undefined);
		this.#follow();
	}

	/** It may be given and taken in the browser's own settings, or in another tab. */
	async #followPermission(options: { signal: AbortSignal }): Promise<void> {
		try {
			const status = await navigator.permissions.query({ name: 'notifications' });
			status.addEventListener('change', () => this.#lookAtPermission(), options);
		} catch {
			// A browser that does not tell: it is asked when the page is loaded.
		}
	}
}

function isInFront(): boolean {
	return document.visibilityState === 'visible' && document.hasFocus();
}

export const [getCallAlerts, setCallAlerts] = createContext<CallAlerts>();
