import { WebSocket as NodeWebSocket, type RawData } from 'ws';
import { z } from 'zod';

/** A signals.send as it is on the wire. */
export const sendInput = z.looseObject({ signals: z.array(z.looseObject({ body: z.string() })) });
export type SendInput = z.infer<typeof sendInput>;

/** Its answer: a `taken` or `repeated` for each signal. Refusals come as failures. */
export const sendAnswer = z.object({
	outcomes: z.array(z.object({ status: z.enum(['taken', 'repeated']) }))
});

const id = z.union([z.number(), z.string()]);
const sendFrame = z.object({
	id,
	method: z.literal('mutation'),
	params: z.object({ path: z.literal('signals.send'), input: sendInput })
});
const answerFrame = z.object({ id, result: z.object({ data: sendAnswer }).optional() });

/** Whoever taps a socket. It knows tRPC's wire and nothing of the link. */
export type SocketTap = {
	/** A frame that holds sends is about to go. @returns whether the answer to it is to be lost */
	onSend(data: string, inputs: SendInput[], send: (data: string) => void): { loseAnswer: boolean };
	/** The server has answered this send, and the link hears of it. */
	onAnswered(input: SendInput, outcomes: number): void;
};

/** The `ws` package's WebSocket, with somebody between it and the link. */
export class TappedSocket extends NodeWebSocket {
	readonly #tap: SocketTap;
	readonly #asked = new Map<string | number, { input: SendInput; loseAnswer: boolean }>();

	constructor(url: string, token: string, tap: SocketTap) {
		super(url, { headers: { authorization: `Bearer ${token}` } });
		this.#tap = tap;
	}

	override send(data: string): void {
		const frames = readFrames(data);
		if (frames.length === 0) return super.send(data);
		const inputs = frames.map(({ params }) => params.input);
		const { loseAnswer } = this.#tap.onSend(data, inputs, (later) => {
			if (this.readyState === NodeWebSocket.OPEN) super.send(later);
		});
		for (const { id, params } of frames) this.#asked.set(id, { input: params.input, loseAnswer });
	}

	override emit(event: string | symbol, ...args: unknown[]): boolean {
		if (event === 'message' && !this.#mayHear(String(args[0] as RawData))) return true;
		return super.emit(event, ...args);
	}

	#mayHear(data: string): boolean {
		if (!data.startsWith('{"id":')) return true;
		const answer = answerFrame.safeParse(JSON.parse(data));
		const asked = answer.success ? this.#asked.get(answer.data.id) : undefined;
		if (!answer.success || !asked) return true;
		this.#asked.delete(answer.data.id);
		if (asked.loseAnswer) return false;
		if (answer.data.result) this.#tap.onAnswered(asked.input, answer.data.result.data.outcomes.length);
		return true;
	}
}

function readFrames(data: string): z.infer<typeof sendFrame>[] {
	if (!data.includes('"signals.send"')) return [];
	const parsed: unknown = JSON.parse(data);
	return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((one) => {
		const read = sendFrame.safeParse(one);
		return read.success ? [read.data] : [];
	});
}
