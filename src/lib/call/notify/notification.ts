import { z } from 'zod';
import type { OverPush, RingPush } from '../core/push-message';
import { callerName, kindWords, ringWords } from '../core/scene-words';
import type { CallSnapshot } from '../core/snapshot';

/** What a notification knows of its call. It comes back with a press on it, perhaps long after. */
export const notificationData = z.object({
	callId: z.uuid(),
	roomId: z.uuid(),
	/** It tells of a call that rings no more: there is nothing to answer. */
	over: z.literal(true).optional()
});
export type NotificationData = z.infer<typeof notificationData>;

/** TypeScript's own stops at what every browser has; those without buttons ignore `actions`. */
type CallOptions = NotificationOptions & {
	readonly actions?: readonly { action: string; title: string }[];
	readonly renotify: boolean;
	readonly data: NotificationData;
};

type Shown = { title: string; options: CallOptions };

const ICON = '/icon-192.png';

/** Whether it tells of a call that rings no more. */
export const isOver = ({ data }: Pick<Notification, 'data'>): boolean =>
	notificationData.safeParse(data).data?.over === true;

/** A call that rings, as the ring dialog says it. */
export function ringNotification(call: CallSnapshot): Shown {
	// The page makes the sound.
	return ringing({ ...call, callId: call.id, callerName: callerName(call), silent: true });
}

/** The same, of a call that a push tells of. @param silent it was told of before, or its room makes no sound */
export function pushedRing(call: RingPush, silent: boolean): Shown {
	return ringing({ ...call, silent });
}

function ringing(call: Omit<RingPush, 'type' | 'ringUntil'>): Shown {
	return {
		title: call.callerName,
		options: {
			body: ringWords(call),
			// Shown by two pages, or by a page and a push, it is one, and the second one alerts nobody anew.
			tag: call.callId,
			renotify: false,
			requireInteraction: true,
			silent: call.silent,
			icon: ICON,
			actions: [
				{ action: 'accept', title: 'Accept' },
				{ action: 'decline', title: 'Decline' }
			],
			data: { callId: call.callId, roomId: call.roomId }
		}
	};
}

/** What became of a call, in the place of its ring. */
export function overNotification(call: Omit<OverPush, 'type'>, silent: boolean): Shown {
	const missed = call.outcome === 'missed';
	return {
		title: `${missed ? 'Missed call' : 'Call'} from ${call.callerName}`,
		options: {
			body: missed ? kindWords(call.kind) : call.outcome === 'answered' ? 'Answered' : 'Declined',
			tag: call.callId,
			renotify: false,
			silent,
			icon: ICON,
			data: { callId: call.callId, roomId: call.roomId, over: true }
		}
	};
}
