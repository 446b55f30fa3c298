import { z } from 'zod';
import { callerName, ringWords } from '../core/scene-words';
import type { CallSnapshot } from '../core/snapshot';

/** What a notification knows of its call. It comes back with a press on it, perhaps long after. */
export const notificationData = z.object({ callId: z.uuid(), roomId: z.uuid() });
export type NotificationData = z.infer<typeof notificationData>;

/** TypeScript's own stops at what every browser has; those without buttons ignore `actions`. */
type RingOptions = NotificationOptions & {
	readonly actions: readonly { action: string; title: string }[];
	readonly renotify: boolean;
	readonly data: NotificationData;
};

/** A call that rings, as the ring dialog says it. */
export function ringNotification(call: CallSnapshot): { title: string; options: RingOptions } {
	return {
		title: callerName(call),
		options: {
			body: ringWords(call),
			// Shown by two pages it is one, and the second one alerts nobody anew.
			tag: call.id,
			renotify: false,
			requireInteraction: true,
			silent: true, // the page makes the sound
			icon: '/icon-192.png',
			actions: [
				{ action: 'accept', title: 'Accept' },
				{ action: 'decline', title: 'Decline' }
			],
			data: { callId: call.id, roomId: call.roomId }
		}
	};
}
