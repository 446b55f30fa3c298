import fc, { type Arbitrary } from 'fast-check';
import { appRouter } from '../../src/lib/server/trpc/router';
import { portBytes, socketBytes } from './hostile-bytes';

/** Who sends it. Somebody `ended` has credentials of a session that is over; who is `leaving` may sign out. */
export const SENDERS = ['nobody', 'session', 'token', 'ended', 'leaving'] as const;
export type Sender = (typeof SENDERS)[number];

/** One thing that somebody hostile, broken or mistaken sends. */
export type Hostile =
	| { way: 'http'; as: Sender; method: string; path: string; headers: Record<string, string>; body: string }
	/** On a socket that stands. */
	| { way: 'frame'; as: Sender; data: string | Uint8Array }
	/** To the port itself. */
	| { way: 'bytes'; bytes: Uint8Array }
	/** After an upgrade that went well. */
	| { way: 'socket-bytes'; as: Sender; bytes: Uint8Array };

/** What really exists, so that a bad content may come with good ids. */
export type Ids = { room: string; call: string; device: string; other: string; user: string; token: string };

type Schema = {
	_zod: {
		def: {
			type: string;
			format?: string;
			shape?: Record<string, Schema>;
			innerType?: Schema;
			element?: Schema;
			options?: Schema[];
			entries?: Record<string, string>;
			values?: unknown[];
			in?: Schema;
		};
	};
	maxLength?: number | null;
	maxValue?: number | null;
};
type Procedure = { name: string; type: string; inputs: Schema[] };

const PROCEDURES: Procedure[] = Object.entries(appRouter._def.procedures).map(([name, procedure]) => {
	const { type, inputs } = (procedure as unknown as { _def: { type: string; inputs: Schema[] } })._def;
	return { name, type, inputs };
});
/** What is asked seldom: each costs a password hash, or ends what the other inputs are about. */
const WEIGHTS: Record<string, number> = {
	'auth.register': 1,
	'auth.signIn': 1,
	'rooms.leave': 3,
	'rooms.removeMember': 3,
	'calls.leave': 3,
	'calls.end': 3,
	'calls.decline': 3,
	'calls.away': 10
};

// --- contents ---

const NASTY_STRINGS = [
	'',
	' ',
	'\0',
	'a\0b',
	'\ud800',
	'\udfff\ud800',
	'\ufeff',
	'\u202e\u2066',
	'\u{1F600}'.repeat(40),
	"'; drop table users; --",
	'${7*7}{{7*7}}',
	'../../../../etc/passwd',
	'__proto__',
	'constructor',
	'toString',
	'%00',
	'%',
	'%ff%fe',
	'null',
	'NaN',
	'-1',
	'1e999',
	'1:0:x',
	'999999999:999999999:x',
	'2147483648:1:x',
	'\r\nx: y',
	'x'.repeat(3_000)
];
const NASTY_NUMBERS = [
	0,
	-0,
	-1,
	0.5,
	1,
	2 ** 31 - 1,
	2 ** 31,
	2 ** 32,
	2 ** 53 - 1,
	2 ** 53,
	-(2 ** 53),
	1e21,
	1e308,
	5e-324
];
/** As they come out of JSON: own keys with the names of inherited ones. */
const NASTY_OBJECTS: unknown[] = [
	JSON.parse('{"__proto__":{"id":1,"path":"auth.me"}}'),
	JSON.parse('{"constructor":{"prototype":{"isAdmin":true}}}'),
	JSON.parse('{"toString":1,"valueOf":2,"then":3,"length":1e9}'),
	JSON.parse('[['.repeat(200) + ']]'.repeat(200)),
	[],
	{},
	null,
	true
];

const nastyString = fc.oneof(
	fc.constantFrom(...NASTY_STRINGS),
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.string({ maxLength: 40 })
);
const anything: Arbitrary<unknown> = fc.oneof(
	nastyString,
	fc.constantFrom(...NASTY_NUMBERS),
	fc.constantFrom(...NASTY_OBJECTS),
	fc.jsonValue({ maxDepth: 3 })
);

function idNamed(name: string, ids: Ids): Arbitrary<string> {
	const kind = (['room', 'call', 'user', 'token'] as const).find((one) => name.toLowerCase().startsWith(one));
	const likely = kind ? ids[kind] : name === 'toDeviceId' ? ids.other : ids.device;
	return fc.oneof(
		{ weight: 6, arbitrary: fc.constant(likely) },
		{ weight: 1, arbitrary: fc.constantFrom(...Object.values(ids)) },
		{ weight: 1, arbitrary: fc.uuid() },
		{ weight: 1, arbitrary: fc.constant(likely.toUpperCase()) },
		{ weight: 1, arbitrary: nastyString }
	);
}

/** What this schema would take, up to its very edges, and now and then something it must not. */
function contentFor(schema: Schema, ids: Ids, name = ''): Arbitrary<unknown> {
	const { def } = schema._zod;
	const inner = () => contentFor(def.innerType ?? def.in ?? def.element ?? schema, ids, name);
	switch (def.type) {
		case 'object':
			return objectFor(def.shape ?? {}, ids);
		case 'optional':
		case 'default':
		case 'nullable':
			return fc.oneof(inner(), fc.constant(undefined), fc.constant(null));
		case 'pipe':
			return inner();
		case 'array':
			return fc.array(inner(), { maxLength: 40, size: 'medium' });
		case 'union':
			return fc.oneof(...(def.options ?? []).map((option) => contentFor(option, ids, name)));
		case 'enum':
			return fc.constantFrom(...Object.values(def.entries ?? {}));
		case 'literal':
			return fc.constantFrom(...(def.values ?? []));
		case 'boolean':
			return fc.boolean();
		case 'number':
			return fc.oneof(fc.constantFrom(...NASTY_NUMBERS, schema.maxValue ?? 7), fc.nat(50), fc.maxSafeNat());
		case 'string':
			if (def.format === 'uuid') return idNamed(name, ids);
			if (def.format === 'base64') return fc.base64String({ maxLength: 60 });
			return fc.oneof(
				nastyString.map((text) => text.slice(0, schema.maxLength ?? text.length)),
				fc.constantFrom('x'.repeat(schema.maxLength ?? 5_000), 'something')
			);
		default:
			return anything;
	}
}

function objectFor(shape: Record<string, Schema>, ids: Ids): Arbitrary<Record<string, unknown>> {
	const fields = Object.entries(shape).map(([name, schema]): [string, Arbitrary<unknown>] => [
		name,
		fc.oneof({ weight: 14, arbitrary: contentFor(schema, ids, name) }, { weight: 1, arbitrary: anything })
	]);
	return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

function inputFor(procedure: Procedure, ids: Ids): Arbitrary<unknown> {
	const parts = procedure.inputs.map((schema) => contentFor(schema, ids));
	if (parts.length === 0) return anything;
	const wellFormed = fc.tuple(...parts).map((values) => Object.assign({}, ...values) as unknown);
	return fc.oneof({ weight: 12, arbitrary: wellFormed }, { weight: 1, arbitrary: anything });
}

type Call = { procedure: Procedure; input: unknown };
const callOf = (procedures: Procedure[], ids: Ids): Arbitrary<Call> =>
	fc.oneof(
		...procedures.map((procedure) => ({
			weight: WEIGHTS[procedure.name] ?? 40,
			arbitrary: inputFor(procedure, ids).map((input) => ({ procedure, input }))
		}))
	);

const sender = fc.constantFrom(...SENDERS, 'session' as const, 'session' as const, 'token' as const);
/** A session is signed out only by who is there for that: the others have more to do. */
function bySender<T>(
	ids: Ids,
	make: (call: Arbitrary<Call>) => Arbitrary<T>
): Arbitrary<{ as: Sender; what: T }> {
	const any = make(callOf(PROCEDURES, ids));
	const staying = make(
		callOf(
			PROCEDURES.filter(({ name }) => name !== 'auth.signOut'),
			ids
		)
	);
	return sender.chain((as) => (as === 'session' ? staying : any).map((what) => ({ as, what })));
}

// --- envelopes ---

const seldom = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | null> =>
	fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const jsonOf = (value: unknown) => JSON.stringify(value) ?? 'undefined';
/** What a header may hold at all: a client library refuses the rest. */
const headerValue = fc.constantFrom(
	'',
	'0',
	'-1',
	'x'.repeat(300),
	'1:1:x',
	'%00',
	'\u00ff',
	'a,b;q=2',
	'*/*'
);

const PATHS = [
	'',
	'auth',
	'auth.',
	'.me',
	'a,b',
	'__proto__',
	'constructor.x',
	'auth.me.then',
	'%',
	'%2e%2e'
];

function httpCall(call: Arbitrary<Call>): Arbitrary<Omit<Extract<Hostile, { way: 'http' }>, 'as'>> {
	return fc
		.record({
			call,
			// Mostly as it should be: what is inside has to be reached.
			twist: fc.constantFrom(
				'none',
				'none',
				'none',
				'none',
				'method',
				'json',
				'batch',
				'type',
				'path',
				'header'
			),
			method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
			path: fc.oneof(fc.constantFrom(...PATHS), nastyString),
			text: nastyString,
			type: fc.constantFrom(
				'text/plain',
				'multipart/form-data; boundary=x',
				'application/octet-stream',
				'application/x-www-form-urlencoded',
				'application/json; charset=utf-7',
				'x'
			),
			header: fc.constantFrom(
				'trpc-accept',
				'accept',
				'last-event-id',
				'content-encoding',
				'x-forwarded-for',
				'te'
			),
			value: headerValue
		})
		.map(({ call: { procedure, input }, twist, ...other }) => {
			const right = procedure.type === 'mutation' ? 'POST' : 'GET';
			const method = twist === 'method' ? other.method : right;
			const name = twist === 'path' ? encodeURIComponent(other.path.toWellFormed()) : procedure.name;
			const names = twist === 'batch' ? `${name},${name},auth.me` : name;
			const json = twist === 'json' ? other.text : jsonOf(twist === 'batch' ? { 0: input, 1: input } : input);
			const query = new URLSearchParams();
			if (method === 'GET') query.set('input', json);
			if (twist === 'batch') query.set('batch', '1');
			const headers: Record<string, string> = {
				'content-type': twist === 'type' ? other.type : 'application/json'
			};
			if (twist === 'header') headers[other.header] = other.value;
			if (twist === 'batch' && other.method === 'HEAD') headers['trpc-accept'] = 'application/jsonl';
			return {
				way: 'http' as const,
				method,
				path: `/trpc/${names}?${query}`,
				headers,
				body: method === 'GET' ? '' : json
			};
		});
}

function envelope(call: Arbitrary<Call>): Arbitrary<unknown> {
	const id: Arbitrary<unknown> = fc.oneof(
		{ weight: 12, arbitrary: fc.nat(1e9) },
		{ weight: 1, arbitrary: nastyString },
		{ weight: 1, arbitrary: fc.constantFrom<unknown>(null, -1, 1e308, true, [], {}) }
	);
	const method = fc.constantFrom(
		...(['query', 'mutation', 'subscription', 'subscription.stop', 'reconnect', '__proto__', ''] as const)
	);
	return fc
		.record({
			id,
			call,
			method: seldom(method),
			path: seldom(fc.oneof(fc.constantFrom(...PATHS), nastyString)),
			extra: seldom(fc.record({ lastEventId: nastyString, jsonrpc: fc.constantFrom('2.0', '1.0', 2) }))
		})
		.map(({ id: as, call: { procedure, input }, method: odd, path, extra }) => ({
			id: as,
			method: odd === null ? procedure.type : odd,
			...(extra ? { jsonrpc: extra.jsonrpc } : {}),
			params: {
				path: path === null ? procedure.name : path,
				input,
				...(extra ? { lastEventId: extra.lastEventId } : {})
			}
		}));
}

const DEEP = ['['.repeat(30_000), '{"a":'.repeat(10_000), '['.repeat(20_000) + ']'.repeat(20_000)];

function frame(call: Arbitrary<Call>): Arbitrary<string | Uint8Array> {
	const one = envelope(call);
	return fc.oneof(
		{ weight: 30, arbitrary: one.map(jsonOf) },
		{ weight: 4, arbitrary: fc.array(one, { maxLength: 6 }).map(jsonOf) },
		{ weight: 3, arbitrary: anything.map(jsonOf) },
		{ weight: 3, arbitrary: nastyString },
		{ weight: 1, arbitrary: fc.constantFrom('PING', 'PONG', '{', '[]', '[null]', '{"id":1}', ...DEEP) },
		{ weight: 2, arbitrary: fc.uint8Array({ maxLength: 100 }) },
		{ weight: 2, arbitrary: one.map((value) => new TextEncoder().encode(jsonOf(value))) }
	);
}

/** Everything, in the proportions in which it is cheap to send. */
export function hostileInputs(ids: Ids): Arbitrary<Hostile> {
	return fc.oneof(
		{
			weight: 62,
			arbitrary: bySender(ids, frame).map(({ as, what }): Hostile => ({ way: 'frame', as, data: what }))
		},
		{ weight: 28, arbitrary: bySender(ids, httpCall).map(({ as, what }): Hostile => ({ as, ...what })) },
		{ weight: 6, arbitrary: portBytes.map((bytes): Hostile => ({ way: 'bytes', bytes })) },
		{
			weight: 4,
			arbitrary: fc
				.record({ as: sender, bytes: socketBytes })
				.map((sent): Hostile => ({ way: 'socket-bytes', ...sent }))
		}
	);
}
