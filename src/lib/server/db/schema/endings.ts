import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';

/**
 * What ended a moment ago and left no row behind that could show it. Written in the transaction that ends it, and
 * swept after a minute: a server that lost the bus' word of it finds it here.
 */
export const endings = pgTable(
	'endings',
	{
		/** The bus topic that it concerns: `session:ID` (tokens too), `device:ID` or `user:ID`. */
		topic: text('topic').notNull(),
		/**
		 * Of a user: the room of which they alone see a change, such as that they are not in it any more; null when
		 * what only they see of themselves has changed: their standing.
		 */
		roomId: uuid('room_id'),
		endedAt: instant('ended_at').notNull().default(clock)
	},
	(t) => [index('endings_ended_at').on(t.endedAt)]
);
