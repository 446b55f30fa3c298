import type { CallSnapshot } from '../core/snapshot';
import { isOver, ringNotification } from './notification';
import { withTray, type Tray, type TrayLocks } from './tray';

export type RingNotifierDeps = {
	readonly locks: TrayLocks;
	/** Null while this browser has no service worker of ours: then nothing is shown either. */
	readonly tray: () => Promise<Tray | null>;
	/** Runs it after so many milliseconds. @returns a function that calls it off */
	readonly after: (ms: number, run: () => void) => () => void;
};

/** The page in front has it; else one of those in which a call rings. */
const LOCK = 'parley.front';
/** Who changes from one page of ours to another has none in front for a moment. */
const SETTLE_MS = 300;
/** The next page in turn may learn only with its next poll that the call rings no more. */
const LINGER_MS = 3_000;

/**
 * Tells of a ringing call by a system notification, while no page of ours is in front in this browser. The pages
 * agree by one Web Lock: a page that comes to the front takes it from whoever has it, and the others queue for it
 * while a call rings in them. So one page shows the notification at most, and a page that crashes is followed by the next.
 */
export class RingNotifier {
	readonly #deps: RingNotifierDeps;
	#call: CallSnapshot | null = null;
	#inFront = false;
	/** What we want of the lock: to have it at once, to have it in turn, or nothing. */
	#role: 'front' | 'in-turn' | 'none' = 'none';
	#hasTurn = false;
	#giveUp: () => void = () => {};
	#callOff: () => void = () => {};
	/** The call whose notification this page has put up. */
	#shownId: string | null = null;
	#visible: readonly Notification[] = [];

	constructor(deps: RingNotifierDeps) {
		this.#deps = deps;
	}

	/** @param call the one to tell of, if any */
	update(call: CallSnapshot | null, inFront: boolean): void {
		if (call === this.#call && inFront === this.#inFront) return;
		const before = this.#call;
		this.#call = call;
		this.#inFront = inFront;
		// Whichever page learns first that it rings no more takes it down.
		if (before && before.id !== call?.id) this.#takeDown((one) => one.tag === before.id && !isOver(one));
		const role = inFront ? 'front' : call ? 'in-turn' : 'none';
		if (role !== this.#role) this.#change(role);
		else if (this.#hasTurn) this.#showSoon();
	}

	/** The page goes. Should it come back, `update` begins anew. */
	close(): void {
		for (const notification of this.#visible) notification.close();
		this.#callOff();
		this.#giveUp();
		[this.#call, this.#inFront, this.#role] = [null, false, 'none'];
	}

	#change(role: 'front' | 'in-turn' | 'none'): void {
		const before = this.#role;
		this.#role = role;
		this.#callOff();
		if (role === 'none' && before === 'in-turn' && this.#hasTurn) {
			this.#callOff = this.#deps.after(LINGER_MS, () => this.#giveUp());
			return;
		}
		if (role === 'in-turn' && this.#hasTurn && before === 'none') return this.#showSoon();
		this.#giveUp();
		if (role !== 'none') this.#ask(role === 'front');
	}

	#ask(atOnce: boolean): void {
		const stop = new AbortController();
		let release = () => {};
		const held = new Promise<void>((resolve) => (release = resolve));
		this.#giveUp = () => {
			this.#giveUp = () => {};
			this.#hasTurn = false;
			this.#shownId = null;
			stop.abort();
			release();
		};
		const options = atOnce ? { steal: true } : { signal: stop.signal };
		this.#deps.locks
			.request(LOCK, options, () => {
				if (stop.signal.aborted) return undefined;
				this.#hasTurn = true;
				// In front one sees for oneself, also whom one has missed.
				if (this.#role === 'front') this.#takeDown(() => true);
				else this.#showSoon();
				return held;
			})
			.catch((error: unknown) => {
				if (stop.signal.aborted) return; // we did not want it any more
				if (!(error instanceof DOMException && error.name === 'AbortError')) return; // not allowed: it rings in the page
				// Another page came to the front. Ours is the next turn, if we still want one.
				this.#callOff();
				this.#giveUp();
				this.#takeDown((one) => !isOver(one));
				if (this.#role !== 'none') this.#ask(false);
			});
	}

	#showSoon(): void {
		this.#callOff();
		const call = this.#call;
		if (!call || this.#role !== 'in-turn' || this.#shownId === call.id) return;
		this.#callOff = this.#deps.after(SETTLE_MS, () => this.#show(call));
	}

	#show(call: CallSnapshot): void {
		this.#shownId = call.id;
		this.#use(async (tray) => {
			if (this.#shownId !== call.id || this.#call?.id !== call.id) return;
			// A push may know sooner than this page that it rings no more.
			if ((await tray.getNotifications({ tag: call.id })).some(isOver)) return;
			const { title, options } = ringNotification(call);
			await tray.showNotification(title, options);
			this.#visible = await tray.getNotifications({ tag: call.id });
		});
	}

	#takeDown(which: (one: Notification) => boolean): void {
		this.#visible = [];
		this.#use(async (tray) => {
			for (const one of await tray.getNotifications()) if (which(one)) one.close();
		});
	}

	#use(run: (tray: Tray) => Promise<void>): void {
		withTray(this.#deps.locks, async () => {
			const tray = await this.#deps.tray();
			if (tray) await run(tray);
		}).catch(() => undefined); // not allowed any more: it rings in the page
	}
}
