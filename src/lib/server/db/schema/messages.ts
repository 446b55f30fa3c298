import { integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';
import { calls } from './calls';
import { users } from './people';
import { rooms } from './rooms';

export const messages = pgTable(
	'messages',
	{
		roomId: uuid('room_id')
			.notNull()
			.references(() => rooms.id, { onDelete: 'cascade' }),
		n: integer('n').notNull(),
		/** Chosen by the author's client: sending it again changes nothing. */
		id: uuid('id').notNull(),
		authorId: uuid('author_id')
			.notNull()
			.references(() => users.id),
		/** Empty for the line of a call. */
		body: text('body').notNull(),
		/** The call that this line tells of, once it is over; its author is who called. */
		callId: uuid('call_id')
			.unique()
			.references(() => calls.id, { onDelete: 'cascade' }),
		createdAt: instant('created_at').notNull().default(clock)
	},
	(t) => [primaryKey({ columns: [t.roomId, t.n] }), unique('messages_author_id').on(t.authorId, t.id)]
);
