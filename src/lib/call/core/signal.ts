import { z } from 'zod';
import { id } from './account';
import { MAX_SEND_BYTES, MAX_SIGNALS_PER_SEND } from './limits';

/** What a signal is about. The server sees the kind and never what is inside. */
export const signalKind = z.enum(['offer', 'answer', 'candidates']);
export type SignalKind = z.infer<typeof signalKind>;

/** base64 of the opaque body. */
const body = z
	.base64()
	.min(1)
	.max(Math.ceil(MAX_SEND_BYTES / 3) * 4);

/** What a sender hands over. `callVersion` is the version it had seen when it wrote this. */
export const signalEnvelope = z.object({
	v: z.literal(1),
	kind: signalKind,
	callVersion: z.int().positive(),
	body
});
export type SignalEnvelope = z.infer<typeof signalEnvelope>;

/**
 * One send: signals numbered `firstN`, `firstN + 1`, … from one device to another's mailbox.
 * Sending the same numbers again is harmless: the mailbox knows them for its whole life.
 */
export const signalSend = z.object({
	callId: id,
	deviceId: id,
	toDeviceId: id,
	firstN: z.int().positive(),
	signals: z.array(signalEnvelope).min(1).max(MAX_SIGNALS_PER_SEND)
});
export type SignalSend = z.infer<typeof signalSend>;

/** A signal as its receiver reads it. `seq` runs 1, 2, … without holes within `epoch`. */
export const deliveredSignal = z.object({
	epoch: z.int().positive(),
	seq: z.int().positive(),
	callId: z.uuid(),
	fromDeviceId: z.uuid(),
	envelope: signalEnvelope
});
export type DeliveredSignal = z.infer<typeof deliveredSignal>;

/** How far a device has read its mailbox. */
export const cursor = z.object({ epoch: z.int().positive(), seq: z.int().nonnegative() });
export type Cursor = z.infer<typeof cursor>;

/**
 * The id of one stream item: `epoch:seq:k`. A resume reads the cursor out of it; `k` only makes it unique,
 * because tRPC drops an id it has seen at a hand-over.
 */
export function formatEventId(at: Cursor, k: string): string {
	return `${at.epoch}:${at.seq}:${k}`;
}

export const eventId = z
	.string()
	.max(80)
	.regex(/^[1-9]\d{0,8}:\d{1,9}:[\w-]{1,40}$/);

/** @param id an event id of the form that `eventId` accepts */
export function parseEventId(id: string): Cursor {
	const [epoch, seq] = id.split(':');
	return { epoch: Number(epoch), seq: Number(seq) };
}
