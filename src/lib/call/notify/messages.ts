import { z } from 'zod';

/** From the service worker: which page should hear what was pressed? Answered on the port that comes with it. */
const question = z.object({ type: z.literal('call-who'), callId: z.uuid() });

/** A page's answer to it: why it may be the one. */
export const claim = z.object({ rings: z.boolean(), inCall: z.boolean(), inFront: z.boolean() });
export type Claim = z.infer<typeof claim>;

/** From the service worker to one page: what was pressed in a notification. */
const answer = z.object({
	type: z.literal('call-answer'),
	callId: z.uuid(),
	answer: z.enum(['accept', 'decline', 'show'])
});
export type CallAnswer = z.infer<typeof answer>;

export const toPage = z.discriminatedUnion('type', [question, answer]);

/** From a page whose address says that a notification opened it. */
export const toWorker = z.object({ type: z.literal('call-opened'), callId: z.uuid() });

/** A message of ours, before it is sent. */
export type WorkerMessage = z.infer<typeof toPage>;
export type PageMessage = z.infer<typeof toWorker>;
