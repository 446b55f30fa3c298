import { pushSubscription, type PushSubscriptionInput } from '../core/push-message';

/** Whether this browser rings while no page of ours is open in it. */
export type PushState = 'off' | 'on';

/** Why it could not be turned on or off. */
export type PushTrouble = 'not-allowed' | 'no-service' | 'unknown-service' | 'server-off' | 'no-server';

type Manager = Pick<PushManager, 'getSubscription' | 'subscribe'>;
type Registration = { readonly pushManager?: Manager };

export type PushSwitchDeps = {
	/** Null while this browser has no service worker of ours. */
	readonly findRegistration: () => Promise<Registration | null>;
	/** Registers it when there is none. */
	readonly getRegistration: () => Promise<Registration>;
	readonly server: {
		/** Null when it does not push. */
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
			let current: PushSubscription | PushTrouble = subscription;
			if (keyOf(subscription) !== key) {
				await subscription.unsubscribe();
				current = await subscribe(registration.pushManager, key);
			}
			if (typeof current === 'string') return 'off';
			if (await this.#tell(current)) return 'on';
			await current.unsubscribe(); // or it would look as if it were on
			return 'off';
		} catch {
			return 'on'; // the server did not answer: the next page that is loaded tells it
		}
	}

	/** By a gesture of the person's. @returns what went wrong; null: it is on */
	async turnOn(): Promise<PushTrouble | null> {
		try {
			const key = await this.#deps.server.key();
			if (key === null) return 'server-off';
			// A browser that forbids the worker, too.
			const registration = await this.#deps.getRegistration().catch(() => null);
			if (!registration?.pushManager) return 'no-service';
			const made = await subscribe(registration.pushManager, key);
			if (typeof made === 'string') return made;
			const trouble = await this.#tell(made).then(
				(known) => (known ? null : ('unknown-service' as const)),
				() => 'no-server' as const
			);
			if (trouble !== null) await made.unsubscribe(); // or it would look as if it were on
			return trouble;
		} catch {
			return 'no-server';
		}
	}

	/** @returns what went wrong; null: it is off */
	async turnOff(): Promise<PushTrouble | null> {
		try {
			const registration = await this.#deps.findRegistration();
			const subscription = await registration?.pushManager?.getSubscription();
			if (!subscription) return null;
			await this.#deps.server.unsubscribe(subscription.endpoint);
			await subscription.unsubscribe();
			return null;
		} catch {
			return 'no-server';
		}
	}

	async #tell(subscription: PushSubscription): Promise<boolean> {
		const parsed = pushSubscription.safeParse(subscription.toJSON());
		return parsed.success && (await this.#deps.server.subscribe(parsed.data));
	}
}

/** @returns the browser's subscription, or why there is none */
async function subscribe(manager: Manager, key: string): Promise<PushSubscription | PushTrouble> {
	try {
		return await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
	} catch (error) {
		return error instanceof Error && error.name === 'NotAllowedError' ? 'not-allowed' : 'no-service';
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
