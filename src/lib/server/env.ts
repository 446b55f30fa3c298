import { z } from 'zod';
import { username } from '../call/core/account';
import { offeredRung } from '../call/core/rung';
import type { BusSettings } from './bus/open-bus';
import { isStunUrl, parseTurnUrl } from './ice/ice-urls';

const seconds = (fallback: number, max: number) =>
	z.coerce
		.number()
		.positive()
		.max(max)
		.default(fallback)
		.transform((value) => Math.round(value * 1000));

const DEFAULT_STUN = [
	'stun:stun.l.google.com:19302',
	'stun:stun1.l.google.com:19302',
	'stun:stun2.l.google.com:19302',
	'stun:stun3.l.google.com:19302',
	'stun:stun4.l.google.com:19302'
].join(',');

/** `host`, `host:port`, or an origin with its protocol: as `URL.origin` spells it, else null. */
function originOf(text: string): string | null {
	const spelled = text.includes('://') ? text : `https://${text}`;
	const url = URL.canParse(spelled) ? new URL(spelled) : null;
	return url && url.href === `${url.origin}/` && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** Push services want to know whom to ask (RFC 8292); some refuse who does not say. */
const NO_SUBJECT = 'mailto:subject-not-set@parley.invalid';

/** Every variable the product reads. Nobody else touches `process.env`. */
const schema = z
	.object({
		PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
		HOST: z.string().min(1).default('::'),
		/** Where people reach us. Origin checks and the Secure flag of cookies follow it. */
		ORIGIN: z.url({ protocol: /^https?$/ }).optional(),
		/** Unset: an embedded Postgres is started. */
		DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
		/** Carries news between servers instead of Postgres. */
		REDIS_URL: z
			.url({ protocol: /^rediss?$/ })
			.max(2_000)
			.regex(/^[^/]+\/\/[^/]*(\/\d*)?$/, 'may end with the number of a database, and with nothing else')
			.optional(),
		/** Unset: Redis when it has a URL, else Postgres when that has one, else this process alone. */
		PARLEY_BUS: z.enum(['memory', 'postgres', 'redis']).optional(),
		/** Where the embedded Postgres keeps its files. */
		PARLEY_DATA: z.string().min(1).optional(),
		LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
		/** How devices may read, comma-separated. The other ways are refused. */
		PARLEY_RUNGS: z
			.string()
			.default(offeredRung.options.join(','))
			.transform((value) => [...new Set(value.split(',').map((rung) => rung.trim()))])
			.pipe(
				z.array(
					z.enum(offeredRung.options, {
						error: `must be one or more of ${offeredRung.options.join(', ')}, comma-separated`
					})
				)
			),
		/** Over how long a SIGTERM sends everybody elsewhere. */
		PARLEY_DRAIN_SECONDS: z.coerce
			.number()
			.min(0)
			.max(300)
			.default(5)
			.transform((value) => Math.round(value * 1000)),
		/** Raises every limit on rates and counts by this factor. */
		PARLEY_LIMITS: z.coerce.number().positive().max(1_000_000).default(1),
		RING_LIFETIME_SECONDS: seconds(45, 600),
		/** Always below the 30 s for which a signal lives. */
		RECONNECT_GRACE_SECONDS: seconds(20, 29),
		ALONE_LIMIT_SECONDS: seconds(300, 86_400),
		MESH_LIMIT: z.coerce.number().int().min(2).max(16).default(6),
		RING_AT_MOST: z.coerce.number().int().min(1).max(1_000).default(20),
		/** Comma-separated `stun:` URLs, or "none". */
		STUN_URLS: z
			.string()
			.default(DEFAULT_STUN)
			.transform((value) => (value === 'none' ? [] : value.split(',').map((url) => url.trim())))
			.pipe(
				z
					.array(z.string().refine(isStunUrl, 'must be stun:host:port URLs, comma-separated, or "none"'))
					.max(10)
			),
		/** Comma-separated `turn:` and `turns:` URLs; they need TURN_SECRET. */
		TURN_URLS: z
			.string()
			.default('')
			.transform((value) => (value ? value.split(',').map((url) => url.trim()) : []))
			.pipe(
				z
					.array(
						z
							.string()
							.refine(
								(url) => parseTurnUrl(url) !== null,
								'must be turn:host:port?transport=udp or tcp, or turns:host:port, comma-separated'
							)
					)
					.max(10)
			),
		TURN_SECRET: z.string().min(16).optional(),
		/** Whether people get TURN credentials to check their connection with, outside of calls. */
		TURN_CHECK: z.enum(['on', 'off']).default('on'),
		/** Whether browsers ring that show no page of ours. */
		PARLEY_PUSH: z.enum(['on', 'off']).default('on'),
		/** Whom push services ask when our pushes are a trouble to them. */
		PARLEY_PUSH_SUBJECT: z
			.url({ protocol: /^(https|mailto)$/, error: 'must be a mailto: or https: URL' })
			.max(200)
			.optional(),
		/** Push services beside those of the known browsers: comma-separated hosts, or origins. */
		PARLEY_PUSH_HOSTS: z
			.string()
			.default('')
			.transform((value) => (value ? value.split(',').map((host) => originOf(host.trim())) : []))
			.pipe(
				z
					.array(z.string({ error: 'must be hosts (host or host:port), comma-separated' }))
					.max(20, 'must be 20 hosts at most')
			),
		/** Comma-separated usernames who may ask about everybody's calls (`ops.…`). */
		PARLEY_OPERATORS: z
			.string()
			.default('')
			.transform((value) => (value ? value.split(',') : []))
			.pipe(z.array(username).max(100))
	})
	.refine((env) => env.TURN_URLS.length === 0 || env.TURN_SECRET !== undefined, {
		path: ['TURN_SECRET'],
		message: 'is needed with TURN_URLS (at least 16 characters)'
	})
	.refine((env) => env.TURN_SECRET === undefined || env.TURN_URLS.length > 0, {
		path: ['TURN_URLS'],
		message: 'is needed with TURN_SECRET: a secret alone relays nothing'
	})
	.refine((env) => env.PARLEY_BUS !== 'postgres' || env.DATABASE_URL !== undefined, {
		path: ['PARLEY_BUS'],
		message: '"postgres" needs DATABASE_URL'
	})
	.refine((env) => env.PARLEY_BUS !== 'redis' || env.REDIS_URL !== undefined, {
		path: ['PARLEY_BUS'],
		message: '"redis" needs REDIS_URL'
	})
	.transform((env) => ({
		port: env.PORT,
		host: env.HOST,
		origin: env.ORIGIN ?? `http://localhost:${env.PORT}`,
		databaseUrl: env.DATABASE_URL,
		bus: chooseBus(env),
		dataDir: env.PARLEY_DATA,
		logLevel: env.LOG_LEVEL,
		rungs: env.PARLEY_RUNGS,
		drainMs: env.PARLEY_DRAIN_SECONDS,
		limitsFactor: env.PARLEY_LIMITS,
		ringLifetimeMs: env.RING_LIFETIME_SECONDS,
		reconnectGraceMs: env.RECONNECT_GRACE_SECONDS,
		aloneLimitMs: env.ALONE_LIMIT_SECONDS,
		meshLimit: env.MESH_LIMIT,
		ringAtMost: env.RING_AT_MOST,
		stunUrls: env.STUN_URLS,
		turnUrls: env.TURN_URLS,
		turnSecret: env.TURN_SECRET,
		turnCheck: env.TURN_CHECK === 'on',
		push: {
			enabled: env.PARLEY_PUSH === 'on',
			subject:
				env.PARLEY_PUSH_SUBJECT ??
				(env.ORIGIN?.startsWith('https:') ? new URL(env.ORIGIN).origin : NO_SUBJECT),
			moreOrigins: env.PARLEY_PUSH_HOSTS
		},
		operators: env.PARLEY_OPERATORS
	}));

type BusVariables = {
	PARLEY_BUS?: BusSettings['kind'] | undefined;
	REDIS_URL?: string | undefined;
	DATABASE_URL?: string | undefined;
};

function chooseBus({ PARLEY_BUS: asked, REDIS_URL, DATABASE_URL }: BusVariables): BusSettings {
	if (REDIS_URL && (asked ?? 'redis') === 'redis') return { kind: 'redis', url: REDIS_URL };
	if (DATABASE_URL && (asked ?? 'postgres') === 'postgres') return { kind: 'postgres', url: DATABASE_URL };
	return { kind: 'memory' };
}

export type Env = z.infer<typeof schema>;

export class EnvError extends Error {
	override readonly name = 'EnvError';
}

/** @throws {EnvError} naming every variable that is wrong, one line each */
export function readEnv(from: Record<string, string | undefined>): Env {
	const set = Object.fromEntries(Object.entries(from).filter(([, value]) => value !== ''));
	const parsed = schema.safeParse(set);
	if (parsed.success) return parsed.data;
	const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
	throw new EnvError(lines.join('\n'));
}

/** Kit's handler reads these from the environment as it loads. Without ORIGIN it takes us for https, and form posts answer 403. */
export function exportEnvForKit(origin: string, bodySizeLimit: number): void {
	process.env.ORIGIN = new URL(origin).origin;
	process.env.BODY_SIZE_LIMIT = String(bodySizeLimit);
}
