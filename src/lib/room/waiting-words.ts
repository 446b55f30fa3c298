import type { OutgoingMessage } from './pending';

/** Of a message that waits for the server: who has it, and what becomes of it. */
export function waitingWords({ inCall }: Pick<OutgoingMessage, 'inCall'>): string {
	return inCall
		? 'Seen in the call. The room gets it when the server can be reached.'
		: 'The server cannot be reached. It is sent when that is over.';
}
