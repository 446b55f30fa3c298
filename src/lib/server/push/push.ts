import { fail } from '../../call/core/errors';
import type { PushSubscriptionInput } from '../../call/core/push-message';
import type { Db } from '../db/client';
import type { Env } from '../env';
import { createKeys } from './keys';
import { createEndpointCheck } from './push-services';
import { createPusher, type Pusher, type PusherDeps } from './pusher';
import { dropSubscription, keepSubscription } from './subscriptions';

export type Push = ReturnType<typeof createPush>;

/** Which browsers ring while they show no page of ours. */
export function createPush({ db, settings }: { db: Db; settings: Env['push'] }) {
	const keys = createKeys(db);
	const mayPush = createEndpointCheck(settings.moreOrigins);

	return {
		/** What browsers subscribe with, base64url; null when this server does not push. */
		publicKey: async (): Promise<string | null> => (settings.enabled ? (await keys()).publicKey : null),

		/** @throws {ParleyError} `push/off`, `push/unknown-service` */
		async subscribe(
			owner: { userId: string; sessionId: string },
			subscription: PushSubscriptionInput
		): Promise<void> {
			if (!settings.enabled) fail('push/off');
			if (!mayPush(subscription.endpoint)) fail('push/unknown-service');
			await keepSubscription(db, owner, subscription);
		},

		/** One that is unknown, or somebody else's, is none already. */
		unsubscribe: (userId: string, endpoint: string): Promise<void> => dropSubscription(db, userId, endpoint),

		/** Who tells closed browsers, on a server that pushes. */
		openPusher: (on: Pick<PusherDeps, 'onTrouble' | 'onError'>): Pusher | null =>
			settings.enabled ? createPusher({ db, keys, mayPush, subject: settings.subject, ...on }) : null
	};
}
