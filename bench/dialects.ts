import type { SignalEnvelope } from '../src/lib/call/core/signal';

/**
 * One end of a pair, in some relay's own words. All of them are raw WebSocket frames and plain string work, so that no
 * relay is measured with a heavier client than another.
 */
export type Party = {
	/** Sends one signal to the other end. */
	send(): void;
	/** A signal of the other end has come. */
	onSignal: () => void;
	/** The relay has answered our send. Relays that answer nothing never call it. */
	onTaken: () => void;
	close(): void;
};

export type Dialect = {
	/** Whether the relay answers a send: then the next one waits for it, as our client does. */
	answers: boolean;
	openPair(): Promise<[Party, Party]>;
	/** A client that is merely there. */
	openIdle(): Promise<{ close(): void }>;
};

export type DialectName = 'ws' | 'socket.io' | 'peerjs' | 'trpc' | 'parley' | 'postgres';

const BODY_BYTES = 1536;

/** The same for every relay: 2 KiB of base64, about an SDP of one audio and one video track. */
export const ENVELOPE: SignalEnvelope = {
	v: 1,
	kind: 'candidates',
	callVersion: 2,
	body: Buffer.from(Array.from({ length: BODY_BYTES }, (_, i) => (i * 197 + 31) % 256)).toString('base64')
};
