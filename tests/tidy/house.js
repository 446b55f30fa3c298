// The rooms of the house and the direction of imports: DESIGN section 3 as data. `eslint.config.js` enforces it,
// `lint.test.ts` tries it, docs/ARCHITECTURE.md draws it.

/** Room -> its folder. A file belongs to the innermost. */
const ROOMS = {
	core: 'src/lib/call/core',
	crypto: 'src/lib/call/crypto',
	media: 'src/lib/call/media',
	session: 'src/lib/call/session',
	notify: 'src/lib/call/notify',
	'call-ui': 'src/lib/call/ui',
	link: 'src/lib/link',
	room: 'src/lib/room',
	ui: 'src/lib/ui',
	db: 'src/lib/server/db',
	bus: 'src/lib/server/bus',
	auth: 'src/lib/server/auth',
	rooms: 'src/lib/server/rooms',
	calls: 'src/lib/server/calls',
	signals: 'src/lib/server/signals',
	inbox: 'src/lib/server/inbox',
	ice: 'src/lib/server/ice',
	push: 'src/lib/server/push',
	trpc: 'src/lib/server/trpc',
	ops: 'src/lib/server/ops',
	/** wire.ts, main.ts, cli.ts, dev.ts; env.ts has rules of its own (`TYPES_OF_ENV`). */
	wire: 'src/lib/server',
	routes: 'src/routes',
	/** The hooks, service-worker.ts, reach.ts and app.d.ts. */
	app: 'src',
	/** A folder in src/lib that is no room: it may import nothing, and nobody may import it. */
	lost: 'src/lib'
};

const SERVICES = ['auth', 'rooms', 'calls', 'signals', 'inbox', 'ice', 'push'];

/** Room -> the rooms it may import. */
const MAY_IMPORT = {
	core: [],
	crypto: ['core'],
	media: ['core'],
	session: ['link', 'crypto', 'media', 'core'],
	notify: ['core'],
	'call-ui': ['core', 'session', 'notify', 'ui'],
	link: ['core'],
	room: ['link', 'core', 'ui'],
	ui: [],
	db: ['core'],
	bus: ['core', 'db'],
	ice: ['db', 'bus', 'core'],
	push: ['db', 'core'],
	auth: ['db', 'bus', 'core'],
	rooms: ['db', 'bus', 'core'],
	calls: ['db', 'bus', 'core'],
	signals: ['db', 'bus', 'core'],
	inbox: ['db', 'bus', 'core'],
	ops: ['db', 'bus', 'core'],
	trpc: [...SERVICES, 'ops', 'core'],
	wire: ['db', 'bus', ...SERVICES, 'trpc', 'ops', 'core'],
	routes: ['call-ui', 'room', 'link', 'ui', 'trpc', 'core', 'app'],
	app: ['trpc', 'core', 'notify']
};

/** Room -> rooms of which it may know the types only. */
const MAY_NAME = {
	link: ['trpc'],
	db: ['ops'],
	bus: ['ops'],
	trpc: ['db', 'bus'],
	...Object.fromEntries(SERVICES.map((room) => [room, ['ops']]))
};

/** Server rooms take their settings as arguments: of env.ts they know the type. */
const TYPES_OF_ENV = ['db', 'bus', 'ops', 'trpc', ...SERVICES];

export const elements = Object.entries(ROOMS).map(([type, pattern]) => ({
	type,
	pattern,
	partialMatch: false
}));
export const files = [{ category: 'env', pattern: 'src/lib/server/env.ts' }];

/** @param {string[]} types */
const element = (types) => ({ element: { types: { anyOf: types } } });

export const dependencyPolicies = [
	...Object.entries(MAY_IMPORT)
		.filter(([, to]) => to.length > 0)
		.map(([from, to]) => ({ from: element([from]), allow: { to: element(to) } })),
	...Object.entries(MAY_NAME).map(([from, to]) => ({
		from: element([from]),
		allow: { to: element(to), dependency: { kind: 'type' } }
	})),
	{
		from: element(TYPES_OF_ENV),
		allow: { to: { file: { categories: 'env' } }, dependency: { kind: 'type' } }
	}
];
