import { z } from 'zod';
import { id, messageBody } from './account';
import { SHOWN_SIZES } from './shown-size';

/**
 * What the devices of a call say to each other by the data channel of their connection. No server has seen it, so every
 * field is bounded here; who said it is known by the connection, never by the message.
 */

/** Of one message, in UTF-8. A text of the longest with a byte or two for most of its characters fits. */
export const MAX_CHANNEL_MESSAGE_BYTES = 16 * 1024;

export const reaction = z.enum(['thumbs-up', 'heart', 'laughter', 'surprise', 'applause', 'celebration']);
export type Reaction = z.infer<typeof reaction>;

const reactionMessage = z.object({ v: z.literal(1), type: z.literal('reaction'), reaction });

/** A message of the call's room, under the id by which its author sends it there, too. */
const textMessage = z.object({ v: z.literal(1), type: z.literal('text'), id, body: messageBody });

/** How large a page shows the camera of the one it tells. */
const shownMessage = z.object({ v: z.literal(1), type: z.literal('shown'), size: z.literal(SHOWN_SIZES) });

export const channelMessage = z.discriminatedUnion('type', [reactionMessage, textMessage, shownMessage]);
export type ChannelMessage = z.infer<typeof channelMessage>;
/** What people say, and not their pages among themselves. */
export type TalkMessage = Exclude<ChannelMessage, { type: 'shown' }>;

/** A text of the call's room that came by the channel: its author is who the server says is at that device. */
export type CallText = {
	readonly roomId: string;
	readonly id: string;
	readonly authorId: string;
	readonly authorName: string;
	readonly body: string;
};

/** @returns null when it is none: it is dropped */
export function parseChannelMessage(text: string): ChannelMessage | null {
	if (text.length > MAX_CHANNEL_MESSAGE_BYTES) return null;
	try {
		return channelMessage.safeParse(JSON.parse(text)).data ?? null;
	} catch {
		return null;
	}
}
