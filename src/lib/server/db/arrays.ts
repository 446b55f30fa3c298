import { sql, type SQL } from 'drizzle-orm';

/** Array types that parameters of ours have. Enums and bytes travel as text and are cast in the statement. */
type ArrayType = 'uuid' | 'text' | 'int' | 'bigint';

/** An array as Postgres reads it from text. */
export function arrayText(values: readonly (string | number)[]): string {
	const elements = values.map((value) =>
		typeof value === 'number' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
	);
	return `{${elements.join(',')}}`;
}

/**
 * One array parameter, written as Postgres reads arrays. A bare array in drizzle's `sql` would become a list of
 * parameters, and the driver knows no array types here (see `openDb`).
 */
export function arrayParam(values: readonly (string | number)[], type: ArrayType): SQL {
	return sql`${arrayText(values)}::${sql.raw(type)}[]`;
}
