import { z } from 'zod';

/**
 * The ways in which news and signals reach a device, highest first. A server may offer only some of them; a person may
 * hold a page to one.
 */
export const offeredRung = z.enum(['websocket', 'sse', 'long-poll', 'short-poll']);
export type OfferedRung = z.infer<typeof offeredRung>;
