import type postgres from 'postgres';

type Unsafe = postgres.Sql['unsafe'];
type Work = (tx: postgres.TransactionSql) => unknown;
/** `begin` and `savepoint`: options or a name, then the work. */
type Scope = (...args: [...string[], Work]) => Promise<unknown>;

/**
 * A driver whose statements have names.
 *
 * Drizzle asks for statements without one: each is parsed and planned anew, and takes two round trips. One with a name
 * takes one, and Postgres keeps its plan for as long as the connection lives.
 */
export function withNamedStatements<Client extends postgres.Sql | postgres.TransactionSql>(
	client: Client
): Client {
	const unsafe: Unsafe = (query, parameters, options) =>
		client.unsafe(query, parameters, { ...options, prepare: true });
	const within =
		(scope: Scope): Scope =>
		(...args) =>
			scope(...(args.slice(0, -1) as string[]), (tx) => (args.at(-1) as Work)(withNamedStatements(tx)));

	return new Proxy(client, {
		get(target, key) {
			if (key === 'unsafe') return unsafe;
			const value: unknown = Reflect.get(target, key);
			return key === 'begin' || key === 'savepoint' ? within(value as Scope) : value;
		}
	});
}
