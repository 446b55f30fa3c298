import { sql, type SQL } from 'drizzle-orm';
import { customType, type AnyPgColumn } from 'drizzle-orm/pg-core';

/** An instant: `timestamptz` in Postgres, Unix milliseconds in TypeScript, on the wire and in the page. */
export const instant = customType<{ data: number; driverData: string | Date }>({
	dataType: () => 'timestamp (3) with time zone',
	fromDriver: (value) => (value instanceof Date ? value : new Date(value)).getTime(),
	toDriver: (value) => new Date(value).toISOString()
});

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** The database's clock, which alone decides deadlines. Unlike `now()` it moves within a transaction. */
export const clock: SQL = sql`clock_timestamp()`;

/** The clock, and never the same instant twice for one row: under the row's lock a stamp is a version too. */
export const nextStamp = (last: AnyPgColumn): SQL =>
	sql`greatest(clock_timestamp(), ${last} + interval '1 millisecond')`;
