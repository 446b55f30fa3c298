import { parseArgs } from 'node:util';
import { openDb, SERVERS_NAME, type DbConnection } from '../db/client';
import { DatabaseError } from '../db/database-error';
import { plainJson } from './plain-text';
import { readSignals, type SignalsScope } from './signals-query';
import type { SignalsReport } from './signals-report';
import { viewSignals } from './signals-view';

/** Where the command writes: as much of `process.stdout` as it needs. */
type Screen = {
	isTTY?: boolean;
	columns?: number;
	rows?: number;
	/** False when NO_COLOR says so. */
	hasColors?: () => boolean;
	write: (text: string) => unknown;
};

export type SignalsCommandDeps = {
	args: string[];
	/** The running server's database. Asked again after it was lost: the embedded one comes back on another port. */
	findDatabase: () => string;
	screen: Screen;
	complain: (line: string) => void;
	/** Ends `--watch`. */
	stop: AbortSignal;
};

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;

const HELP = `npm run signals -- [options]

What waits to be read, by whom and for how long, on the Parley that runs with
the same settings. It looks, and changes nothing, and never shows what is in a
signal.

  --watch      again every second, until Ctrl-C
  --json       one JSON object, with --watch one a line (docs/OPERATING.md)
  --call ID    one call, with how its devices are connected; the first 4 or
               more characters of its id will do
  --room ID    the calls of one room
  --limit N    lines per list, 1 to ${MAX_LIMIT} (${DEFAULT_LIMIT})
  --help       this
`;

const INTERVAL_MS = 1_000;
const CONNECT_WITHIN_S = 5;
const CLOSE_WITHIN_S = 1;
const STATEMENT_WITHIN_MS = 10_000;

class UsageError extends Error {}

type Options = { help: boolean; watch: boolean; json: boolean; scope: SignalsScope };

/** @throws {UsageError} one line about the option that is wrong */
function readOptions(args: string[]): Options {
	const { call, room, limit, ...flags } = parse(args);
	if (call !== undefined && room !== undefined) throw new UsageError('give --call or --room, not both');
	const lines = limit === undefined ? DEFAULT_LIMIT : Number(limit);
	if (!Number.isInteger(lines) || lines < 1 || lines > MAX_LIMIT) {
		throw new UsageError(`--limit takes a whole number from 1 to ${MAX_LIMIT}`);
	}
	return {
		help: flags.help ?? false,
		watch: flags.watch ?? false,
		json: flags.json ?? false,
		scope: { call: idOf('--call', call), room: idOf('--room', room), limit: lines }
	};
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				help: { type: 'boolean' },
				watch: { type: 'boolean' },
				json: { type: 'boolean' },
				call: { type: 'string' },
				room: { type: 'string' },
				limit: { type: 'string' }
			}
		}).values;
	} catch (error) {
		// Node's own words; what follows the first sentence is about options that begin with a dash.
		throw new UsageError((error as Error).message.split(/\.\s|\n/, 1)[0]?.replace(/\.$/, ''));
	}
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

function idOf(option: string, value: string | undefined): string | null {
	if (value === undefined) return null;
	const id = value.toLowerCase();
	const filled = id + '00000000-0000-0000-0000-000000000000'.slice(id.length);
	if (id.length < 4 || !UUID.test(filled))
		throw new UsageError(`${option} takes an id, or its first 4 to 36 characters`);
	return id;
}

/** `npm run signals`. @returns the exit code */
export async function runSignals(deps: SignalsCommandDeps): Promise<number> {
	const { screen, complain, stop } = deps;
	let options: Options;
	try {
		options = readOptions(deps.args);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		complain(`signals: ${error.message} (--help lists the options)`);
		return 2;
	}
	if (options.help) {
		screen.write(HELP);
		return 0;
	}
	const looker = createLooker(deps.findDatabase, options.scope);
	try {
		if (options.watch) await watch(deps, options, looker);
		else screen.write(shown(await unless(stop, looker.look()), options, screen));
		return 0;
	} catch (error) {
		if (stop.aborted) return 0;
		if (!(error instanceof DatabaseError)) throw error;
		complain(error.message);
		return 1;
	} finally {
		await looker.close();
	}
}

type Looker = { look: () => Promise<SignalsReport>; close: () => Promise<void> };

/** Keeps one connection while it works. */
function createLooker(findDatabase: () => string, scope: SignalsScope): Looker {
	let open: DbConnection | null = null;
	async function close(): Promise<void> {
		const closing = open;
		open = null;
		await closing?.sql.end({ timeout: CLOSE_WITHIN_S });
	}
	return {
		close,
		async look() {
			const url = open ? null : findDatabase();
			open ??= openDb(url ?? '', {
				max: 1,
				connect_timeout: CONNECT_WITHIN_S,
				application_name: 'parley signals',
				statement_timeout: STATEMENT_WITHIN_MS
			});
			try {
				return await readSignals(open.db, SERVERS_NAME, scope);
			} catch (error) {
				await close();
				throw explain(error);
			}
		}
	};
}

/** Where a table or a column is missing, server and command are not of one version. */
const OTHER_TABLES = new Set(['42P01', '42703']);

function explain(error: unknown): unknown {
	if (error instanceof DatabaseError) return error;
	const { cause = error } = error as { cause?: unknown };
	const { code = '', message = '' } = cause as { code?: string; message?: string };
	if (OTHER_TABLES.has(code)) {
		return new DatabaseError(
			'The database is of another version of Parley. Use the signals command of the one that runs.'
		);
	}
	// Postgres' own failures and the driver's have a code; what has none is a mistake of ours.
	return code === '' ? error : new DatabaseError(`The database does not answer: ${message || code}`);
}

function shown(report: SignalsReport, { json }: Options, screen: Screen): string {
	if (json) return `${plainJson(report)}\n`;
	const width = screen.isTTY ? (screen.columns ?? 80) : Infinity;
	const colours = (screen.isTTY ?? false) && (screen.hasColors?.() ?? false);
	return `${viewSignals(report, { width, colours }).join('\n')}\n`;
}

const OTHER_SCREEN = '\x1b[?1049h\x1b[?25l';
const BACK = '\x1b[?25h\x1b[?1049l';
const CLEAR = '\x1b[H\x1b[J';

/** A server that goes away once it was seen comes back: waits for it rather than end. */
async function watch(deps: SignalsCommandDeps, options: Options, looker: Looker): Promise<void> {
	const { screen, stop } = deps;
	const draws = (screen.isTTY ?? false) && !options.json;
	const header = (now: number) => `${new Date(now).toISOString()}, every second; Ctrl-C ends\n\n`;
	const write = (text: string) => {
		if (!draws) return screen.write(options.json ? text : `${text}\n`);
		// One that is higher than the screen would scroll its beginning away.
		const lines = text
			.trimEnd()
			.split('\n')
			.slice(0, Math.max(1, (screen.rows ?? 24) - 1));
		return screen.write(`${CLEAR}${lines.join('\n')}`);
	};
	let seen = false;
	try {
		while (!stop.aborted) {
			const begun = performance.now();
			try {
				const report = await unless(stop, looker.look());
				if (!seen && draws) screen.write(OTHER_SCREEN);
				seen = true;
				write(
					options.json ? shown(report, options, screen) : header(report.now) + shown(report, options, screen)
				);
			} catch (error) {
				if (stop.aborted) return;
				if (!seen || !(error instanceof DatabaseError)) throw error;
				if (options.json) deps.complain(error.message);
				else write(`${error.message}\n`);
			}
			const tookMs = performance.now() - begun;
			// A database that is slow to answer is in trouble enough: it has at least as long without us.
			await pause(Math.max(INTERVAL_MS - tookMs, tookMs), stop);
		}
	} finally {
		if (seen && draws) screen.write(BACK);
	}
}

/** Rejects as soon as nobody wants to know any more; what was begun ends by itself. */
function unless<Value>(stop: AbortSignal, work: Promise<Value>): Promise<Value> {
	const stopped = new Promise<never>((_, reject) => {
		const end = () => reject(new Error('stopped'));
		if (stop.aborted) end();
		stop.addEventListener('abort', end, { once: true });
	});
	work.catch(() => {});
	return Promise.race([work, stopped]);
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			stop.removeEventListener('abort', done);
			resolve();
		};
		const timer = setTimeout(done, ms);
		stop.addEventListener('abort', done);
		if (stop.aborted) done();
	});
}
