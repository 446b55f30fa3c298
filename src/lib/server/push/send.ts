import webPush from 'web-push';
import type { PushMessage } from '../../call/core/push-message';
import type { Keys } from './keys';
import type { Subscription } from './subscriptions';

/** What a push service made of a push. */
export type Answer =
	| { type: 'taken' }
	/** There is no such subscription any more. */
	| { type: 'gone' }
	/** Not now. `afterMs`: when the service said so. */
	| { type: 'later'; afterMs: number | null; why: string }
	| { type: 'refused'; why: string };

export type Push = {
	message: PushMessage;
	/** For how long the service keeps it for a browser that is not there. */
	ttlSeconds: number;
};

const ANSWERS_WITHIN_MS = 5_000;

/** Sends a message (RFC 8030), sealed (RFC 8291) and signed for (RFC 8292). Follows no redirect, reads no body. */
export async function sendPush(
	subscription: Subscription,
	push: Push,
	vapid: Keys & { subject: string }
): Promise<Answer> {
	const sealed = seal(subscription, push, vapid);
	if (!sealed) return { type: 'gone' };
	const headers = new Headers();
	for (const [name, value] of Object.entries(sealed.headers)) headers.set(name, String(value));
	headers.delete('content-length'); // fetch counts for itself
	try {
		const response = await fetch(subscription.endpoint, {
			method: 'POST',
			headers,
			body: new Uint8Array(sealed.body),
			redirect: 'manual',
			signal: AbortSignal.timeout(ANSWERS_WITHIN_MS)
		});
		await response.body?.cancel();
		return answerOf(response);
	} catch (error) {
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
		return { type: 'later', afterMs: null, why };
	}
}

/** Null when the subscription's key is no point of the curve: nobody can be reached with it. */
function seal(
	{ endpoint, p256dh, auth }: Subscription,
	{ message, ttlSeconds }: Push,
	vapid: Keys & { subject: string }
) {
	try {
		return webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(message), {
			vapidDetails: vapid,
			TTL: ttlSeconds,
			urgency: message.type === 'ring' ? 'high' : 'normal',
			// What the service still holds of this call is replaced: a browser that comes back hears the last word only.
			topic: message.callId.replaceAll('-', '')
		});
	} catch {
		return null;
	}
}

function answerOf({ ok, status, headers }: Response): Answer {
	if (ok) return { type: 'taken' };
	if (status === 404 || status === 410) return { type: 'gone' };
	const why = `status ${status}`;
	if (status !== 429 && status < 500) return { type: 'refused', why };
	return { type: 'later', afterMs: retryAfterMs(headers.get('retry-after'), Date.now()), why };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | null, now: number): number | null {
	if (header === null) return null;
	const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
	return Number.isNaN(ms) ? null : Math.max(0, ms);
}
