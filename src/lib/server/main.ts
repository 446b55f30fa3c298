import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openDb } from './db/client';
import { openDatabase } from './db/database';
import { exportEnvForKit, readEnv } from './env';
import { createHealth } from './ops/health';
import { createLogger } from './ops/log';
import { projectRoot } from './ops/project-root';
import { createShutdown } from './ops/shutdown';
import { createWebServer, type RequestHandler } from './ops/web-server';
import { refuseTooLarge } from './trpc/http-doors';
import { MAX_PAYLOAD_BYTES } from './trpc/limits';
import { publishParley } from './trpc/parley';
import { wire } from './wire';

/** Errors whose message is meant for the person who starts us; others are shown whole. */
const TOLD = new Set(['EnvError', 'DatabaseError', 'ListenError']);
const REQUESTS_WITHIN_MS = 1_500;
const START_WITHIN_MS = 8_000;
/** A supervisor and npm may both pass the same signal on. */
const SAME_SIGNAL_MS = 500;

const say = (line: string) => console.log(line);

function complain(error: unknown): void {
	const told = error instanceof Error && TOLD.has(error.name);
	for (const line of told ? error.message.split('\n') : [error]) console.error('Parley did not start:', line);
}

const shutdown = createShutdown((step, error) => console.error(`While stopping (${step}):`, error));
let ending: number | undefined;
/** A SIGTERM is a deploy: people are sent elsewhere bit by bit. Ctrl-C is somebody who waits. */
let isDeploy = false;
let askedAt = 0;
/** A second request to stop: waits for nobody any more. */
const hurry = new AbortController();

/** Settles in time, or is waited for no longer. */
async function settled(work: Promise<unknown>, withinMs: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise((resolve) => (timer = setTimeout(resolve, withinMs)));
	await Promise.race([work.catch(() => {}), late]);
	clearTimeout(timer);
}

/** Ends everything in order, then the process. Only the first call counts. */
function endWith(code: number): void {
	if (ending !== undefined) return;
	ending = code;
	// What is being started just now must be there before it can be ended.
	void settled(starting, START_WITHIN_MS)
		.then(shutdown.run)
		.then(() => process.exit(code));
}

class StopRequested extends Error {}

/** A signal during the start takes effect between two steps, so that each is known to be ended. */
function proceed(): void {
	if (ending !== undefined) throw new StopRequested();
}

function isLocal(origin: URL): boolean {
	return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(origin.hostname);
}

async function start(): Promise<void> {
	const settings = readEnv(process.env);
	const log = createLogger(settings.logLevel);
	const root = projectRoot(import.meta.url);

	const web = createWebServer();
	const port = await web.listen(settings.port, settings.host);
	shutdown.defer('connections', 1_000, () => web.closeAll());
	proceed();

	// PORT=0 asks for any free one: only now is it known.
	const env =
		settings.port === 0 ? { ...settings, origin: settings.origin.replace(/:0$/, `:${port}`) } : settings;
	const database = await openDatabase({ ...env, root, log: say });
	shutdown.defer('database', 35_000, database.stop);
	void database.ended.then(() => {
		if (ending === undefined) log.fatal('the embedded Postgres has ended');
		endWith(1);
	});
	proceed();

	const connection = openDb(database.url);
	shutdown.defer('database connections', 6_000, connection.close);
	const parley = await wire({ env, connection, log });
	shutdown.defer('product', 3_000, () => parley.close());
	publishParley(parley);
	proceed();

	exportEnvForKit(env.origin, MAX_PAYLOAD_BYTES);
	const kit = (await import(pathToFileURL(path.join(root, 'build', 'handler.js')).href)) as {
		handler: RequestHandler;
	};
	const handleHealth = createHealth({ isReady: parley.isReady, ping: () => connection.sql`select 1` });
	web.serve((request, response) => {
		if (handleHealth(request, response) || refuseTooLarge(request, response)) return;
		kit.handler(request, response);
	}, parley.handleUpgrade);
	shutdown.defer('requests', env.drainMs + 5_000, async () => {
		web.sendAway();
		await parley.drain(isDeploy ? env.drainMs : 0, hurry.signal);
		await settled(web.stopAccepting(), hurry.signal.aborted ? 0 : REQUESTS_WITHIN_MS);
		web.closeAll();
	});
	proceed();

	const origin = new URL(env.origin);
	if (origin.protocol === 'http:' && !isLocal(origin)) {
		say(
			`${env.origin} is plain http: browsers give no camera or microphone there, and sign-in is not safe. Use https.`
		);
	}
	say(`Parley is at ${env.origin}`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(signal, () => {
		if (ending === undefined) {
			isDeploy = signal === 'SIGTERM';
			askedAt = performance.now();
			endWith(0);
		} else if (performance.now() - askedAt > SAME_SIGNAL_MS) hurry.abort();
	});
}
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
	process.on(event, (error: unknown) => {
		console.error('Parley stops because of an error:', error);
		endWith(1);
	});
}

const starting = start();
starting.catch((error: unknown) => {
	if (!(error instanceof StopRequested)) complain(error);
	endWith(1);
});
