import { index, integer, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { clock, instant } from '../columns';
import { users } from './people';

export const roomKind = pgEnum('room_kind', ['group', 'direct']);
export const memberRole = pgEnum('member_role', ['owner', 'member']);
export const ringSetting = pgEnum('ring_setting', ['ring', 'silent', 'none']);

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
		changedAt: instant('changed_at').notNull().default(clock),
		/** When its name or its members changed last: pages that show them ask for them again. */
		membersChangedAt: instant('members_changed_at').notNull().default(clock)
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
		joinedAt: instant('joined_at').notNull().default(clock),
		/** The newest message that this member has seen; what came before they joined counts as seen. */
		lastRead: integer('last_read').notNull().default(0),
		/** What a call in this room does at this member's pages. */
		ring: ringSetting('ring').notNull().default('ring')
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
