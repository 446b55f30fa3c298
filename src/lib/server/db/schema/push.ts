import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';
import { sessions, users } from './people';

/** How push services know this installation (VAPID): one pair, made once. Whoever replaces it ends every subscription. */
export const pushKeys = pgTable(
	'push_keys',
	{
		/** Always 1: servers that start at once make one pair between them. */
		id: integer('id').primaryKey().default(1),
		publicKey: text('public_key').notNull(),
		privateKey: text('private_key').notNull(),
		createdAt: instant('created_at').notNull().default(clock)
	},
	(t) => [check('push_keys_one', sql`${t.id} = 1`)]
);

/** A browser that may be rung while it shows no page of ours. It goes with its session: who signs out is told nothing. */
export const pushSubscriptions = pgTable(
	'push_subscriptions',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		/** Whoever knows it may send there: never in a log. */
		endpoint: text('endpoint').notNull().unique(),
		p256dh: text('p256dh').notNull(),
		auth: text('auth').notNull(),
		createdAt: instant('created_at').notNull().default(clock)
	},
	(t) => [index('push_subscriptions_user').on(t.userId), index('push_subscriptions_session').on(t.sessionId)]
);
