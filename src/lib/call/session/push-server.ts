import { failureOf, type ApiClient } from '../../link/api';
import type { PushSubscriptionInput } from '../core/push-message';

/** What the server is asked of web push. */
export function createPushServer(api: Pick<ApiClient, 'push'>) {
	return {
		/** What to subscribe with; null when the server does not push. */
		key: async (): Promise<string | null> => (await api.push.key.query()).publicKey,
		/** @returns whether the server sends to this browser's push service */
		async subscribe(subscription: PushSubscriptionInput): Promise<boolean> {
			try {
				await api.push.subscribe.mutate(subscription);
				return true;
			} catch (error) {
				if (failureOf(error)?.key === 'push/unknown-service') return false;
				throw error;
			}
		},
		unsubscribe: (endpoint: string): Promise<void> => api.push.unsubscribe.mutate({ endpoint })
	};
}
