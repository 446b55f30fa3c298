import pino, { type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** What people say, where they are and what lets them in: never in a log, at whatever depth it was handed over. */
const SECRETS = ['sdp', 'candidate', 'candidates', 'body', 'password', 'token', 'cookie', 'authorization'];
const DEPTHS = ['', '*.', '*.*.', '*.*.*.'];

/** A failed query's message and fields hold its values: signals, messages, hashes. Only its text is told. */
function withoutValues(error: unknown): unknown {
	if (!(error instanceof Error)) return error;
	const told: Record<string, unknown> = {
		type: error.name,
		message: 'params' in error && 'query' in error ? `Failed query: ${String(error.query)}` : error.message,
		stack: error.stack
			?.split('\n')
			.filter((line) => /^\s+at /.test(line))
			.join('\n')
	};
	for (const field of ['code', 'key', 'constraint_name', 'severity']) {
		if (field in error) told[field] = (error as unknown as Record<string, unknown>)[field];
	}
	if (error.cause !== undefined) told.cause = withoutValues(error.cause);
	return told;
}

/** Logs as lines of JSON. Info: one line per step of something's life; what a client did wrong is its own news. */
export function createLogger(
	level: string,
	destination: DestinationStream = pino.destination({ fd: 1, sync: true })
): Logger {
	return pino(
		{
			level,
			base: undefined,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			serializers: { error: withoutValues, err: withoutValues },
			redact: { paths: DEPTHS.flatMap((depth) => SECRETS.map((name) => depth + name)), censor: '[redacted]' }
		},
		destination
	);
}
