import { createContext } from 'svelte';
import { findWorker, readyWorker } from '../notify/page-worker';
import { PushSwitch, type PushState, type PushSwitchDeps, type PushTrouble } from '../notify/push-switch';

/** Whether this browser rings while Parley is closed, for who looks at the settings. */
export class PushRing {
	/** Null until it is known. */
	#state = $state<PushState | null>(null);
	#trouble = $state<PushTrouble | null>(null);
	#busy = $state(false);
	readonly #switch: PushSwitch;

	constructor(server: PushSwitchDeps['server']) {
		this.#switch = new PushSwitch({ server, findRegistration: findWorker, getRegistration: readyWorker });
	}

	get state(): PushState | null {
		return this.#state;
	}

	get trouble(): PushTrouble | null {
		return this.#trouble;
	}

	get busy(): boolean {
		return this.#busy;
	}

	/** In a browser, once. */
	open(): void {
		if (!isPossible()) return;
		this.#switch.begin().then(
			(state) => (this.#state = state),
			() => (this.#state = 'off') // a browser that forbids it
		);
	}

	async turn(wanted: PushState): Promise<void> {
		this.#busy = true;
		this.#trouble = await (wanted === 'on' ? this.#switch.turnOn() : this.#switch.turnOff());
		if (this.#trouble === null) this.#state = wanted;
		this.#busy = false; // neither fails
	}
}

/** Whether this browser has web push at all. */
export function isPossible(): boolean {
	return 'serviceWorker' in navigator && 'PushManager' in window;
}

export const [getPushRing, setPushRing] = createContext<PushRing>();
