import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';

export const users = pgTable('users', {
	id: uuid('id').primaryKey().defaultRandom(),
	/** Lower case: two people whose names differ in case only would be taken for each other. */
	username: text('username').notNull().unique(),
	displayName: text('display_name').notNull(),
	passwordHash: text('password_hash').notNull(),
	createdAt: instant('created_at').notNull().default(clock),
	/** Nobody is deleted: histories keep their names. */
	deactivatedAt: instant('deactivated_at'),
	/** Until then nothing rings for this person: a call finds them busy. Null or past: it rings. */
	doNotDisturbUntil: instant('do_not_disturb_until'),
	/** When the last of their devices had gone from a server. Of no meaning while they are at another. */
	lastSeenAt: instant('last_seen_at')
});

/** `id` is sha256(token) in hex: who reads this table cannot sign in with what it holds. */
export const sessions = pgTable(
	'sessions',
	{
		id: text('id').primaryKey(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		/** The one Date in the schema: lucia's adapter reads and writes it as such. */
		expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'date' }).notNull()
	},
	(t) => [index('sessions_user').on(t.userId), index('sessions_expires_at').on(t.expiresAt)]
);

/** Personal tokens of other programs. Only the hash is kept. */
export const apiTokens = pgTable(
	'api_tokens',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		tokenHash: text('token_hash').notNull().unique(),
		createdAt: instant('created_at').notNull().default(clock),
		lastUsedAt: instant('last_used_at')
	},
	(t) => [index('api_tokens_user').on(t.userId)]
);
