import { toPage, type CallAnswer, type Claim } from './messages';

export type RingAnswersDeps = {
	/** Whether this call rings here. Several may at once. */
	rings: (callId: string) => boolean;
	claim: () => Omit<Claim, 'rings'>;
	/** With the microphone only: nobody sees themselves before their camera is on. */
	accept: (callId: string) => void;
	decline: (callId: string) => void;
};

/** What was pressed in a notification takes effect here, once its call rings here. */
export class RingAnswers {
	readonly #deps: RingAnswersDeps;
	/** A page that was just opened, or is slower than a push, learns of its call a moment later. */
	#pressed: { callId: string; answer: Exclude<CallAnswer['answer'], 'show'> } | null = null;

	constructor(deps: RingAnswersDeps) {
		this.#deps = deps;
	}

	/** @param reply on the port that came with the message */
	take(message: unknown, reply: (claim: Claim) => void): void {
		const parsed = toPage.safeParse(message);
		if (!parsed.success) return;
		const { data } = parsed;
		if (data.type === 'call-who') {
			reply({ ...this.#deps.claim(), rings: this.#deps.rings(data.callId) });
		} else if (data.answer !== 'show') {
			this.#pressed = { callId: data.callId, answer: data.answer };
			this.changed();
		}
	}

	/** What rings here may be something else now. */
	changed(): void {
		const pressed = this.#pressed;
		if (!pressed || !this.#deps.rings(pressed.callId)) return;
		this.#pressed = null; // first: acting tells who listens, and they come here again
		this.#deps[pressed.answer](pressed.callId);
	}
}
