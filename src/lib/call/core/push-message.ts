import { z } from 'zod';
import { isStorable } from './account';
import { MAX_DISPLAY_NAME_LENGTH, MAX_ROOM_NAME_LENGTH } from './limits';
import { callKind } from './snapshot';

/** What a push says of a call to a browser without a page of ours. The server writes it, the service worker reads it. */
const call = {
	callId: z.uuid(),
	roomId: z.uuid(),
	callerName: z.string().max(MAX_DISPLAY_NAME_LENGTH),
	kind: callKind
};

const ring = z.object({
	type: z.literal('ring'),
	...call,
	/** As this person knows the room. */
	roomName: z.string().max(Math.max(MAX_ROOM_NAME_LENGTH, MAX_DISPLAY_NAME_LENGTH)),
	/** A two-person call: its room needs no name beside the caller's. */
	direct: z.boolean(),
	/** Unix milliseconds on the server's clock. From then on it is a missed call. */
	ringUntil: z.int().nonnegative(),
	/** Calls of this room make no sound for this person. */
	silent: z.boolean()
});

const over = z.object({
	type: z.literal('over'),
	...call,
	/** For this person, on whichever of their devices. */
	outcome: z.enum(['missed', 'answered', 'declined'])
});

export const pushMessage = z.discriminatedUnion('type', [ring, over]);
export type PushMessage = z.infer<typeof pushMessage>;
export type RingPush = z.infer<typeof ring>;
export type OverPush = z.infer<typeof over>;

/** A browser's subscription, as its `toJSON` spells it: where to send, and what to seal it with. */
export const pushSubscription = z.object({
	endpoint: z.string().max(2_000).refine(isStorable, 'holds characters that cannot be kept'),
	keys: z.object({
		/** An uncompressed point of P-256: 65 bytes. */
		p256dh: z.string().regex(/^B[\w-]{86}$/, 'must be 65 bytes of base64url'),
		/** 16 bytes. */
		auth: z.string().regex(/^[\w-]{22}$/, 'must be 16 bytes of base64url')
	})
});
export type PushSubscriptionInput = z.infer<typeof pushSubscription>;
