import type { Bus } from '../bus/bus';
import { RecentMap } from '../bus/recent-map';
import { Remembered, type Trust } from '../bus/remembered';
import type { Identity } from './accounts';

const MOST_TOKENS = 20_000;

/**
 * Who is behind a cookie or a personal token, for as long as that is certain: 5 s, or while it is held. What is heard
 * to have ended is never answered again.
 *
 * @param renewsBeforeMs how long before its end a session is due to be prolonged: then the database is asked
 */
export function createIdentityCache({
	bus,
	trust,
	renewsBeforeMs
}: {
	bus: Bus;
	trust: Trust;
	renewsBeforeMs: number;
}) {
	const identities = new Remembered<Identity>({
		trust,
		isUsable: ({ expiresAt }) => expiresAt === null || Date.now() < expiresAt - renewsBeforeMs
	});
	/** A session's id is its secret's hash; which token has which hash never changes. */
	const tokenIds = new RecentMap<string>(MOST_TOKENS, () => performance.now());
	const tokens = new RecentMap<true>(MOST_TOKENS, () => performance.now());
	/** Tokens that were held since `takeUsedTokens` was asked last. */
	const used = new Set<string>();

	bus.subscribeAll((news, topic) => {
		if (news.type === 'closed' && topic.startsWith('session:'))
			identities.forget(topic.slice('session:'.length));
	});

	return {
		bySession: (sessionId: string, load: () => Promise<Identity | null>): Promise<Identity | null> =>
			identities.get(sessionId, load),

		async byToken(hash: string, load: () => Promise<Identity | null>): Promise<Identity | null> {
			const id = tokenIds.get(hash);
			if (id !== undefined) return identities.get(id, load);
			const identity = await load();
			if (identity) {
				tokenIds.set(hash, identity.id);
				tokens.set(identity.id, true);
			}
			return identity;
		},

		hold: (identityId: string): (() => void) => {
			if (tokens.get(identityId)) used.add(identityId);
			return identities.hold(identityId);
		},

		held: () => identities.held(),

		takeUsedTokens(): string[] {
			identities.prune();
			const ids = [...used];
			for (const id of ids) if (!identities.isHeld(id)) used.delete(id);
			return ids;
		}
	};
}
