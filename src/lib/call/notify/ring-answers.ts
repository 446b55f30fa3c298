import { toPage, type CallAnswer, type Claim } from './messages';

export type RingAnswersDeps = {
	/** The call that rings here, if any. */
	incomingId: () => string | null;
	claim: () => Omit<Claim, 'rings'>;
	/** With the microphone only: nobody sees themselves before their camera is on. */
	accept: (callId: string) => void;
	decline: (callId: string) => void;
};

/** What was pressed in a notification takes effect here, if its call rings here. */
export class RingAnswers {
	readonly #deps: RingAnswersDeps;
	/** The call that this page was opened to answer. */
	#openedFor: string | null = null;
	/** The service worker said that it was. */
	#confirmed = false;

	constructor(deps: RingAnswersDeps) {
		this.#deps = deps;
	}

	/** This page's address says that it was opened to answer; the service worker has been asked. */
	openedFor(callId: string): void {
		this.#openedFor = callId;
	}

	/** @param reply on the port that came with the message */
	take(message: unknown, reply: (claim: Claim) => void): void {
		const parsed = toPage.safeParse(message);
		if (!parsed.success) return;
		const { callId, type } = parsed.data;
		if (type === 'call-who') {
			reply({ ...this.#deps.claim(), rings: this.#deps.incomingId() === callId });
			return;
		}
		if (callId === this.#openedFor && parsed.data.answer === 'accept') {
			this.#confirmed = true;
			this.changed();
		} else {
			this.#run(parsed.data);
		}
	}

	/** What rings here may be something else now: a page that was just opened learns of its call a moment later. */
	changed(): void {
		const callId = this.#openedFor;
		if (!this.#confirmed || callId === null || this.#deps.incomingId() !== callId) return;
		this.#openedFor = null;
		this.#deps.accept(callId);
	}

	#run({ callId, answer }: CallAnswer): void {
		if (this.#deps.incomingId() !== callId) return;
		if (answer === 'accept') this.#deps.accept(callId);
		if (answer === 'decline') this.#deps.decline(callId);
	}
}
