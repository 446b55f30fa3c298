import { record, type CallRecord } from './call-record';
import type { CallSession } from './call-session';
import type { SessionView } from './view';

/** Keeps the record of the call that this page is in, from its first moment on. */
export class CallRecorder {
	readonly #session: Pick<CallSession, 'view' | 'subscribe'>;
	readonly #now: () => number;
	#before: SessionView | null = null;
	#record: CallRecord | null = null;

	/** @param now Unix milliseconds on this device's clock */
	constructor(session: Pick<CallSession, 'view' | 'subscribe'>, now: () => number = Date.now) {
		this.#session = session;
		this.#now = now;
	}

	get record(): CallRecord | null {
		return this.#record;
	}

	/** @returns a function that ends it */
	open(): () => void {
		return this.#session.subscribe(() => {
			const { view } = this.#session;
			this.#record = record(this.#record, this.#before, view, this.#now());
			this.#before = view;
		});
	}
}
