import { sql, type SQL } from 'drizzle-orm';

/** Array types that parameters of ours have. Enums and bytes travel as text and are cast in the statement. */
type ArrayType = 'uuid' | 'text' | 'int' | 'bigint';

/** One array parameter. A bare array in drizzle's `sql` would become a list of parameters. */
export function arrayParam(values: readonly (string | number)[], type: ArrayType): SQL {
	return sql`${sql.param(values)}::${sql.raw(type)}[]`;
}
