import { index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../columns';
import { users } from './people';

/** A server that runs. Renewed every few seconds; of one that died without a word, the row lapses by itself. */
export const presenceServers = pgTable('presence_servers', {
	/** Chosen by the server itself, each time it starts. */
	id: uuid('id').primaryKey(),
	/** By the database's clock. Until then, who reads there is online. */
	aliveUntil: instant('alive_until').notNull()
});

/**
 * Somebody who reads their news at that server, with however many devices. Written when the first of them comes and when the
 * last has gone; nothing in it is renewed.
 */
export const presences = pgTable(
	'presences',
	{
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		serverId: uuid('server_id')
			.notNull()
			.references(() => presenceServers.id, { onDelete: 'cascade' })
	},
	(t) => [primaryKey({ columns: [t.userId, t.serverId] }), index('presences_server').on(t.serverId)]
);
