import { sql, type SQL } from 'drizzle-orm';

/** Array types that parameters of ours have. Enums and bytes travel as text and are cast in the statement. */
type ArrayType = 'uuid' | 'text' | 'int' | 'bigint';

/**
 * One array parameter, written as Postgres reads arrays. A bare array in drizzle's `sql` would become a list of
 * parameters, and the driver knows no array types here (see `openDb`).
 */
export function arrayParam(values: readonly (string | number)[], type: ArrayType): SQL {
	const elements = values.map((value) =>
		typeof value === 'number' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
	);
	return sql`${`{${elements.join(',')}}`}::${sql.raw(type)}[]`;
}
