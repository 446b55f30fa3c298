import { failureOf, type ApiClient } from '../../link/api';
import type { PushSubscriptionInput } from '../core/push-message';

/** What the server is asked of web push. */
export type PushServer = {
	/** What to subscribe with; null when the server does not push. */
	key(): Promise<string | null>;
	/** @returns whether the server sends to this browser's push service */
	subscribe(subscription: PushSubscriptionInput): Promise<boolean>;
	unsubscribe(endpoint: string): Promise<void>;
};

export function createPushServer(api: Pick<ApiClient, 'push'>): PushServer {
	return {
		key: async () => (await api.push.key.query()).publicKey,
		async subscribe(subscription) {
			try {
				await api.push.subscribe.mutate(subscription);
				return true;
			} catch (error) {
				if (failureOf(error)?.key === 'push/unknown-service') return false;
				throw error;
			}
		},
		unsubscribe: (endpoint) => api.push.unsubscribe.mutate({ endpoint })
	};
}
