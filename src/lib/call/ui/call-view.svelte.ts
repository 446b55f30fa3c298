import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import type { ShownSize } from '../core/shown-size';
import type { CallSession } from '../session/call-session';
import type { CallTalk } from '../session/call-talk';
import type { CallRecord } from '../session/call-record';
import type { CallRecorder } from '../session/call-recorder';
import { watchSpeaker } from '../session/speaker-watch';
import type { CallActions, SessionView } from '../session/view';
import { afterThisTask } from './after-this-task';

/** What the components see of calls. Holds no rules: `CallSession` decides, this renders. */
export class CallView {
	readonly #session: Pick<CallSession, 'view' | 'actions' | 'levels' | 'talk' | 'show'>;
	readonly #recorder: CallRecorder;
	readonly #track: () => void;

	constructor(
		session: Pick<CallSession, 'view' | 'urgent' | 'actions' | 'levels' | 'talk' | 'show' | 'subscribe'>,
		recorder: CallRecorder
	) {
		this.#session = session;
		this.#recorder = recorder;
		this.#track = createSubscriber((update) => {
			// A call's own work comes first: to draw one takes longer than any of it, and the other person waits.
			const drawing = afterThisTask(update);
			const stop = session.subscribe(() => {
				if (!session.urgent) drawing.ask();
			});
			return () => {
				stop();
				drawing.close();
			};
		});
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

	/** For the rooms: what is written in the call of one. */
	get talk(): CallTalk {
		return this.#session.talk;
	}

	get actions(): CallActions {
		return this.#session.actions;
	}

	/** What is sent of a camera follows how large it is shown. */
	show(deviceId: string, size: ShownSize): void {
		this.#session.show(deviceId, size);
	}

	/** Listens who speaks in the call. @returns a function that stops */
	watchSpeaker(onChange: Parameters<typeof watchSpeaker>[0]['onChange']): () => void {
		return watchSpeaker({ levels: () => this.#session.levels, onChange, now: () => performance.now() });
	}
}

// Context, not a module singleton: on the server a module is shared between users.
export const [getCallView, setCallView] = createContext<CallView>();
