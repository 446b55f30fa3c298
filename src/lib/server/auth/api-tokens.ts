import { and, count, desc, eq, isNull, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import { MAX_TOKENS_PER_USER } from '../../call/core/limits';
import { arrayParam } from '../db/arrays';
import { clock } from '../db/columns';
import type { Db } from '../db/client';
import { noteEndings } from '../db/endings';
import { apiTokens, users } from '../db/schema';
import { hashSecret, looksLikeSecret, newSecret } from './secrets';

/** Makes a leaked token easy to find in a log or a repository. */
const PREFIX = 'parley_';

export type ApiToken = { id: string; name: string; createdAt: number; lastUsedAt: number | null };
export type NewApiToken = { id: string; name: string; createdAt: number; /** Shown once. */ token: string };

/** Personal tokens with which other programs sign in as their owner. */
export function createApiTokens(db: Db) {
	/** A program may ask many times a second; a minute is near enough for "last used". */
	const usedLately = sql<boolean>`coalesce(${apiTokens.lastUsedAt} > ${clock} - interval '1 minute', false)`;

	const findOwner = db
		.select({
			id: apiTokens.id,
			userId: users.id,
			username: users.username,
			displayName: users.displayName,
			usedLately
		})
		.from(apiTokens)
		.innerJoin(users, eq(users.id, apiTokens.userId))
		.where(and(eq(apiTokens.tokenHash, sql.placeholder('tokenHash')), isNull(users.deactivatedAt)))
		.prepare('find_token_owner');

	return {
		/** @throws {ParleyError} `token/too-many` */
		async create(userId: string, name: string): Promise<NewApiToken> {
			const token = PREFIX + newSecret();
			return db.transaction(async (tx) => {
				// The lock makes the count right when two are made at once.
				await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
				const [held] = await tx
					.select({ count: count() })
					.from(apiTokens)
					.where(eq(apiTokens.userId, userId));
				if ((held?.count ?? 0) >= MAX_TOKENS_PER_USER) fail('token/too-many', { most: MAX_TOKENS_PER_USER });
				const [row] = await tx
					.insert(apiTokens)
					.values({ userId, name, tokenHash: hashSecret(token) })
					.returning({ id: apiTokens.id, name: apiTokens.name, createdAt: apiTokens.createdAt });
				if (!row) throw new Error('insert returned no row');
				return { ...row, token };
			});
		},

		list(userId: string): Promise<ApiToken[]> {
			return db
				.select({
					id: apiTokens.id,
					name: apiTokens.name,
					createdAt: apiTokens.createdAt,
					lastUsedAt: apiTokens.lastUsedAt
				})
				.from(apiTokens)
				.where(eq(apiTokens.userId, userId))
				.orderBy(desc(apiTokens.createdAt), desc(apiTokens.id));
		},

		/** @throws {ParleyError} `token/not-found`, also for somebody else's */
		async revoke(userId: string, tokenId: string): Promise<void> {
			await db.transaction(async (tx) => {
				const gone = await tx
					.delete(apiTokens)
					.where(and(eq(apiTokens.id, tokenId), eq(apiTokens.userId, userId)))
					.returning({ id: apiTokens.id });
				if (gone.length === 0) fail('token/not-found');
				await noteEndings(tx, [`session:${tokenId}`]);
			});
		},

		/** What is kept of a token; null for what cannot be one of ours. */
		hashOf: (token: string): string | null =>
			token.startsWith(PREFIX) && looksLikeSecret(token.slice(PREFIX.length)) ? hashSecret(token) : null,

		/** @returns null for what is not a token of somebody here */
		async find(tokenHash: string) {
			const [row] = await findOwner.execute({ tokenHash });
			if (!row) return null;
			if (!row.usedLately) {
				await db
					.update(apiTokens)
					.set({ lastUsedAt: clock })
					.where(and(eq(apiTokens.id, row.id), sql`not ${usedLately}`));
			}
			const { id, userId, username, displayName } = row;
			return { id, userId, username, displayName };
		},

		/** Notes that these are in use, by who is remembered and therefore not asked about. */
		async noteUsed(tokenIds: readonly string[]): Promise<void> {
			await db
				.update(apiTokens)
				.set({ lastUsedAt: clock })
				.where(sql`${apiTokens.id} = any(${arrayParam(tokenIds, 'uuid')}) and not ${usedLately}`);
		}
	};
}
