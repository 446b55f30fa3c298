/**
 * What the build puts right in postgres.js 3.4.9, which its maintainers have reports of and no release for.
 *
 * The driver uses a connection's object again after its socket has closed, with whatever was left in it. Seen here
 * when connections to Postgres break, and all of it ends a process or breaks the promise about signals:
 *
 * - a transaction whose connection breaks writes its `rollback` to a socket that is gone: a TypeError that nobody can
 *   catch ends the process (porsager/postgres issues 1154, 1208);
 * - or the connection keeps a write that is never flushed: it can never connect again, and every query that gets it
 *   waits for 30 s and fails, until the process is restarted (pull request 1168 and its discussion);
 * - or the connection has been opened anew for somebody else, and the late statements, `commit` or `rollback` of the
 *   broken transaction run in the middle of theirs (issue 1216). A `rollback` there, and what is acknowledged was
 *   never stored;
 * - what the old connection had been asked and had not answered is answered with the new one's first results (1223).
 *
 * The cure is one idea: a connection lives once. When its socket has closed, everything that waits for it fails, it takes
 * nothing any more, and the pool puts a new one in its place.
 *
 * - And a `begin` that is the hundredth query on a connection was sent without keeping it for its transaction (1189).
 */
type Repair = { file: 'connection.js' | 'index.js'; find: string; replace: string };

export const REPAIRED_VERSION = '3.4.9';

const REPAIRS: readonly Repair[] = [
	{
		// The pause before the next try goes on to the successor.
		file: 'connection.js',
		find: `{ onopen = noop, onend = noop, onclose = noop } = {}) {`,
		replace: `{ onopen = noop, onend = noop, onclose = noop } = {}, before = {}) {`
	},
	{ file: 'connection.js', find: `closedTime = 0\n`, replace: `closedTime = before.closedTime || 0\n` },
	{ file: 'connection.js', find: `, delay = 0\n`, replace: `, delay = before.delay || 0\n` },
	{
		file: 'connection.js',
		find: `if (terminated)
      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))`,
		// True: whoever asks takes false for "full", and would put it back among the living.
		replace: `if (terminated)
      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options)), true`
	},
	{
		file: 'connection.js',
		find: `return write(toBuffer(q))
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline
        && (!q.options.onexecute || q.options.onexecute(connection))`,
		replace: `const flows = write(toBuffer(q))
      if (q.options.onexecute)
        return q.options.onexecute(connection), false
      return flows
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline`
	},
	{
		file: 'connection.js',
		find: `clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`,
		replace: `clearImmediate(nextWriteTimer)
    chunk = nextWriteTimer = null
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`
	},
	{
		// Also after an error: what was asked between it and the close waits in vain otherwise.
		file: 'connection.js',
		find: `!hadError && (query || sent.length) && error(`,
		replace: `terminated = true
    ;(query || sent.length) && error(`
	},
	{
		file: 'connection.js',
		find: `onclose(connection, Errors.connection('CONNECTION_CLOSED', options, socket))`,
		replace: `onclose(connection, Errors.connection('CONNECTION_CLOSED', options, socket), { closedTime, delay })`
	},
	{
		file: 'index.js',
		find: `function onclose(c, e) {
    move(c, closed)`,
		replace: `function onclose(c, e, before) {
    c.queue.remove(c)
    const next = Connection(options, queues, { onopen, onend, onclose }, before)
    connections[connections.indexOf(c)] = next`
	},
	{
		file: 'index.js',
		find: `queries.length && connect(c, queries.shift())`,
		replace: `queries.length && connect(next, queries.shift())`
	},
	{
		file: 'index.js',
		find: `new Promise((_, reject) => connection.onclose = reject)`,
		replace: `new Promise((_, reject) => connection.onclose = e => {
          reject(e)
          while (queries.length)
            queries.shift().reject(e)
        })`
	}
];

const DRIVER_FILE = /[\\/]node_modules[\\/]postgres[\\/]src[\\/](connection|index)\.js$/;

/** @returns the repaired source; null when the file is none of the driver's */
export function repairDriver(source: string, file: string): string | null {
	const name = DRIVER_FILE.exec(file)?.[1];
	if (!name) return null;
	return REPAIRS.filter((repair) => repair.file === `${name}.js`).reduce((text, { find, replace }) => {
		if (text.split(find).length !== 2)
			throw new Error(
				`postgres.js is not ${REPAIRED_VERSION} any more: is this repair still needed? ${find}`
			);
		return text.replace(find, () => replace);
	}, source);
}
