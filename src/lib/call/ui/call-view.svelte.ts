import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import type { CallSession } from '../session/call-session';
import type { CallActions, SessionView } from '../session/view';

/** What the components see of calls. Holds no rules: `CallSession` decides, this renders. */
export class CallView {
	readonly #session: Pick<CallSession, 'view' | 'actions'>;
	readonly #track: () => void;

	constructor(session: Pick<CallSession, 'view' | 'actions' | 'subscribe'>) {
		this.#session = session;
		this.#track = createSubscriber((update) => session.subscribe(update));
	}

	get view(): SessionView {
		this.#track();
		return this.#session.view;
	}

	get actions(): CallActions {
		return this.#session.actions;
	}
}

// Context, not a module singleton: on the server a module is shared between users.
export const [getCallView, setCallView] = createContext<CallView>();
