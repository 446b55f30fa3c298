import { index, integer, pgEnum, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';
import { users } from './people';

export const roomKind = pgEnum('room_kind', ['group', 'direct']);
export const memberRole = pgEnum('member_role', ['owner', 'member']);

export const rooms = pgTable(
	'rooms',
	{
		id: uuid('id').primaryKey().defaultRandom(),
		kind: roomKind('kind').notNull(),
		/** Empty for a direct room: each of the two sees the other's name. */
		name: text('name').notNull(),
		/** Both user ids, sorted, with a colon: one direct room per pair. */
		directKey: text('direct_key').unique(),
		/** The number of the newest message; raised under this row's lock, so the log has no holes. */
		lastN: integer('last_n').notNull().default(0),
		createdAt: instant('created_at').notNull().default(clock),
		/** When its name, its members or `lastN` changed last; no two changes have the same (`nextStamp`). */
		changedAt: instant('changed_at').notNull().default(clock)
	},
	(t) => [index('rooms_changed_at').on(t.changedAt)]
);

export const roomMembers = pgTable(
	'room_members',
	{
		roomId: uuid('room_id')
			.notNull()
			.references(() => rooms.id, { onDelete: 'cascade' }),
		userId: uuid('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		role: memberRole('role').notNull(),
		joinedAt: instant('joined_at').notNull().default(clock)
	},
	(t) => [primaryKey({ columns: [t.roomId, t.userId] }), index('room_members_user').on(t.userId)]
);

export const roomInvites = pgTable('room_invites', {
	code: text('code').primaryKey(),
	roomId: uuid('room_id')
		.notNull()
		.unique()
		.references(() => rooms.id, { onDelete: 'cascade' }),
	createdBy: uuid('created_by')
		.notNull()
		.references(() => users.id),
	createdAt: instant('created_at').notNull().default(clock)
});

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
		body: text('body').notNull(),
		createdAt: instant('created_at').notNull().default(clock)
	},
	(t) => [primaryKey({ columns: [t.roomId, t.n] }), unique('messages_author_id').on(t.authorId, t.id)]
);
