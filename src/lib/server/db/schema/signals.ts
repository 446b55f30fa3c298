import { index, integer, pgEnum, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { bytea, clock, instant } from '../columns';
import { devices } from './calls';

export const signalKind = pgEnum('signal_kind', ['offer', 'answer', 'candidates']);

/** A device's mailbox. `head` is raised under this row's lock: commit order is read order, without holes. */
export const mailboxes = pgTable('mailboxes', {
	/** The device's id. */
	id: uuid('id')
		.primaryKey()
		.references(() => devices.id, { onDelete: 'cascade' }),
	epoch: integer('epoch').notNull().default(1),
	/** The newest seq of this epoch; 0 when it has none. */
	head: integer('head').notNull().default(0),
	/** Everything up to here was taken by the device. Never past `head`. */
	acked: integer('acked').notNull().default(0)
});

/** What the mailbox knows of each sender for its whole life: also after the rows are gone. */
export const mailboxSenders = pgTable(
	'mailbox_senders',
	{
		mailboxId: uuid('mailbox_id')
			.notNull()
			.references(() => mailboxes.id, { onDelete: 'cascade' }),
		fromDeviceId: uuid('from_device_id').notNull(),
		/** The last number taken from this sender. n <= last_n is a repetition; n > last_n + 1 is a gap. */
		lastN: integer('last_n').notNull()
	},
	(t) => [primaryKey({ columns: [t.mailboxId, t.fromDeviceId] })]
);

/** A device's ordered signals. `seq` is taken under the mailbox row's lock. */
export const signals = pgTable(
	'signals',
	{
		mailboxId: uuid('mailbox_id')
			.notNull()
			.references(() => mailboxes.id, { onDelete: 'cascade' }),
		epoch: integer('epoch').notNull(),
		seq: integer('seq').notNull(),
		fromDeviceId: uuid('from_device_id').notNull(),
		callId: uuid('call_id').notNull(),
		callVersion: integer('call_version').notNull(),
		kind: signalKind('kind').notNull(),
		/** Opaque here; the receiving device parses it. */
		body: bytea('body').notNull(),
		createdAt: instant('created_at').notNull().default(clock),
		expiresAt: instant('expires_at').notNull()
	},
	(t) => [primaryKey({ columns: [t.mailboxId, t.epoch, t.seq] }), index('signals_expires_at').on(t.expiresAt)]
);
