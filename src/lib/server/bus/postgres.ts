import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import postgres from 'postgres';
import type { OpenLine } from './line';

/** Postgres keeps channels apart by database, so every installation has its own. */
const CHANNEL = 'parley_news';

/** What the driver hands to `socket`: every host of the URL with its port, or a local socket's path. */
type Target = { host: string[]; port: number[]; path: string | false };

/**
 * LISTEN and NOTIFY over one connection of their own, not of the pool: nothing of it waits for a query, and it is seen
 * to break. `sql.listen` is not used, because it replaces a broken connection and says nothing.
 */
export function openPostgresLine(url: string): OpenLine {
	let dialled = 0;

	return async ({ signal, onMessage, onBroken }) => {
		let socket: Socket | undefined;

		/** Ours, because the driver only half-closes a socket when it ends: a blackholed one would stay for ever. */
		async function dial({ host, port, path }: Target): Promise<Socket> {
			// The driver dials again by itself when the first try ends early.
			if (socket || signal.aborted) throw new Error('the connection to Postgres ended');
			// Of several hosts, which may take over from each other, the next one each time.
			const at = dialled++ % host.length;
			const [nextHost = 'localhost', nextPort = 5432] = [host[at], port[at]];
			socket = path ? connect(path) : connect(nextPort, nextHost);
			socket.on('error', () => {}); // the driver listens only once it is connected
			await once(socket, 'connect', { signal });
			// Where the driver looks for the name to check in a TLS handshake.
			return Object.assign(socket, { host: nextHost });
		}

		const options = {
			max: 1,
			idle_timeout: 0,
			max_lifetime: null,
			// Asking for array types is a query of the driver's own, whose failure nobody can catch.
			fetch_types: false,
			onnotice: () => {},
			connection: { application_name: 'parley bus' },
			socket: dial,
			onnotify: (_channel: string, text: string) => onMessage(text),
			onclose: () => onBroken(new Error('the connection to Postgres ended'))
		};
		const sql = postgres(url, options);

		function end(): void {
			const close = () => (socket?.connecting ? socket.destroy() : socket?.destroySoon());
			sql.end({ timeout: 0 }).then(close, close);
		}
		signal.throwIfAborted();
		signal.addEventListener('abort', end, { once: true });

		await sql`listen ${sql(CHANNEL)}`;
		return {
			async send(messages) {
				// All in one statement: one commit, and each listening server is woken once.
				await sql`
					select pg_notify(${CHANNEL}, value)
					from json_array_elements_text(${JSON.stringify(messages)}::text::json)`;
			}
		};
	};
}
