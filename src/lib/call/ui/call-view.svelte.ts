import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import type { CallSession } from '../session/call-session';
import type { CallRecord } from '../session/call-record';
import type { CallRecorder } from '../session/call-recorder';
import type { CallActions, SessionView } from '../session/view';

/** What the components see of calls. Holds no rules: `CallSession` decides, this renders. */
export class CallView {
	readonly #session: Pick<CallSession, 'view' | 'actions'>;
	readonly #recorder: CallRecorder;
	readonly #track: () => void;

	constructor(session: Pick<CallSession, 'view' | 'actions' | 'subscribe'>, recorder: CallRecorder) {
		this.#session = session;
		this.#recorder = recorder;
		this.#track = createSubscriber((update) => session.subscribe(update));
	}

	get view(): SessionView {
		this.#track();
		return this.#session.view;
	}

	/** Of the call's last minutes; null outside a call. */
	get record(): CallRecord | null {
		this.#track();
		return this.#recorder.record;
	}

	get actions(): CallActions {
		return this.#session.actions;
	}
}

// Context, not a module singleton: on the server a module is shared between users.
export const [getCallView, setCallView] = createContext<CallView>();
