import { pushSubscription, type PushSubscriptionInput } from '../core/push-message';

/** Whether this browser rings while no page of ours is open in it. */
export type PushState = 'off' | 'on';

/** Why it could not be turned on or off. */
export type PushTrouble = 'not-allowed' | 'no-service' | 'unknown-service' | 'server-off' | 'no-server';

type Registration = { readonly pushManager?: Pick<PushManager, 'getSubscription' | 'subscribe'> };

export type PushSwitchDeps = {
	/** Null while this browser has no service worker of ours. */
	readonly findRegistration: () => Promise<Registration | null>;
	/** Registers it when there is none. */
	readonly getRegistration: () => Promise<Registration>;
	readonly server: {
		key(): Promise<string | null>;
		/** @returns false when the server does not send to this browser's push service */
		subscribe(subscription: PushSubscriptionInput): Promise<boolean>;
		unsubscribe(endpoint: string): Promise<void>;
	};
};

/**
 * Turns the ringing of closed browsers on and off. The browser's own subscription is what is remembered of it: what
 * the server knows follows from that, each time that a page is loaded.
 */
export class PushSwitch {
	readonly #deps: PushSwitchDeps;

	constructor(deps: PushSwitchDeps) {
		this.#deps = deps;
	}

	/**
	 * A page has been loaded. A subscription is told to the server again, which may have forgotten it, with the session
	 * of who was signed in here before; one for keys that the server does not have any more is replaced.
	 */
	async begin(): Promise<PushState> {
		const registration = await this.#deps.findRegistration();
		const subscription = await registration?.pushManager?.getSubscription();
		if (!registration?.pushManager || !subscription) return 'off';
		try {
			const key = await this.#deps.server.key();
			if (key === null) return 'on'; // the server is off, perhaps for today
			if (keyOf(subscription) === key) {
				await this.#tell(subscription);
				return 'on';
			}
			await subscription.unsubscribe();
			return (await this.#subscribe(registration.pushManager, key)) === null ? 'on' : 'off';
		} catch {
			return 'on'; // the server did not answer: the next page that is loaded tells it
		}
	}

	/** By a gesture of the person's. @returns what went wrong; null: it is on */
	async turnOn(): Promise<PushTrouble | null> {
		try {
			const key = await this.#deps.server.key();
			if (key === null) return 'server-off';
			const { pushManager } = await this.#deps.getRegistration();
			if (!pushManager) return 'no-service';
			return await this.#subscribe(pushManager, key);
		} catch {
			return 'no-server';
		}
	}

	/** @returns what went wrong; null: it is off */
	async turnOff(): Promise<PushTrouble | null> {
		const registration = await this.#deps.findRegistration();
		const subscription = await registration?.pushManager?.getSubscription();
		if (!subscription) return null;
		try {
			await this.#deps.server.unsubscribe(subscription.endpoint);
			await subscription.unsubscribe();
			return null;
		} catch {
			return 'no-server';
		}
	}

	async #subscribe(manager: Pick<PushManager, 'subscribe'>, key: string): Promise<PushTrouble | null> {
		let subscription: PushSubscription;
		try {
			subscription = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
		} catch (error) {
			const isForbidden = error instanceof Error && error.name === 'NotAllowedError';
			return isForbidden ? 'not-allowed' : 'no-service';
		}
		try {
			if (await this.#tell(subscription)) return null;
			await subscription.unsubscribe();
			return 'unknown-service';
		} catch {
			await subscription.unsubscribe(); // or it would look as if it were on
			return 'no-server';
		}
	}

	async #tell(subscription: PushSubscription): Promise<boolean> {
		const parsed = pushSubscription.safeParse(subscription.toJSON());
		return parsed.success && (await this.#deps.server.subscribe(parsed.data));
	}
}

/** What it was subscribed with, base64url, as the server spells it. */
function keyOf({ options }: PushSubscription): string {
	const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
	const text = btoa(String.fromCharCode(...bytes));
	return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function pushTroubleWords(trouble: PushTrouble): string {
	switch (trouble) {
		case 'not-allowed':
			return 'This browser does not allow it. Look at its site settings for Parley.';
		case 'no-service':
			return 'This browser could not reach its maker’s push service. Private windows have none, and some browsers have it turned off.';
		case 'unknown-service':
			return 'This server does not send to this browser’s push service. Whoever operates the server can allow it.';
		case 'server-off':
			return 'This server does not ring closed browsers.';
		case 'no-server':
			return 'The server did not answer. Try again.';
	}
}
