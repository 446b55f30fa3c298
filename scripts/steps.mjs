// What `npm test` consists of. `test.mjs` runs it.
/** @typedef {import('./needs.mjs').Need} Need */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[][]} commands packages' programs with arguments, one after the other
 * @property {Record<string, string>} [env]
 * @property {Need[]} [needs]
 * @property {number} turn steps of one turn run two at a time: they only read in one thread, or wait for much of their time
 * @property {boolean} [built] whether it runs the build
 * @property {{ to: string, without: string[] }} [leaves] the step that does a part of it on machines where that one runs, and the arguments that leave it out
 * @property {RegExp} [shows] the lines of its output that are shown also when all is well
 * @property {'vitest' | 'playwright'} [counts] whose report says how many tests there were; without it the step is one
 */

const VITEST = ['vitest/vitest.mjs', 'run'];
/** Those files are steps of their own, for machines that have no redis-server, turnserver or Firefox. */
const WITHOUT_REDIS = ['--exclude', '**/*-redis.test.ts'];
const WITHOUT_COTURN = ['--exclude', '**/*-coturn.test.ts'];
/** What many at once do to each other in time wants the machine for itself: beside other tests it would measure those. */
const OF_CROWDS = ['restart-crowd', 'hostile-load'];
const WITHOUT_CROWDS = OF_CROWDS.flatMap((name) => ['--exclude', `**/integration/${name}*`]);
const BROWSERS = ['@playwright/test/cli.js', 'test'];
const WITH_COTURN = 'coturn\\.spec';
/** Those need root and a kernel that lets it make networks, too. */
const IN_NAMESPACES = 'netns\\.spec';
const WITH_FIREFOX = 'firefox\\.spec';
/** Six pages that all talk want the machine for themselves. */
const OF_SIX = 'six\\.spec';
/** What depends on which Postgres answers: rows, locks, plans and notifications. */
const ON_ANY_POSTGRES = [
	'accounts',
	'broken-connections',
	'bus.test',
	'call',
	'devices',
	'heads',
	'inbox',
	'large-room',
	'mailbox',
	'messages',
	'migrate',
	'named-statements',
	'ops',
	'own-membership',
	'presence',
	'push',
	'revocation',
	'rooms',
	'signals-read',
	'signals.test',
	'sweep',
	'tokens'
];

/** @type {Step[]} */
export const STEPS = [
	{
		name: 'format',
		turn: 1,
		commands: [['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']]
	},
	{ name: 'lint', turn: 1, commands: [['eslint/bin/eslint.js', '--max-warnings=0', '.']] },
	{
		name: 'types',
		turn: 1,
		commands: [
			['typescript/bin/tsc', '-p', 'src/lib/call/core'],
			[
				'svelte-check/bin/svelte-check',
				'--tsconfig',
				'./tsconfig.json',
				'--fail-on-warnings',
				'--output',
				'human'
			]
		]
	},
	{ name: 'unused', turn: 1, commands: [['knip/bin/knip.js']] },
	{
		name: 'imports',
		turn: 1,
		commands: [
			[
				'dependency-cruiser/bin/dependency-cruise.mjs',
				'--config',
				'.dependency-cruiser.cjs',
				'src',
				'tests',
				'scripts',
				'bench'
			]
		]
	},
	{ name: 'unit', turn: 2, commands: [[...VITEST, '--project=unit']], counts: 'vitest' },
	{
		name: 'integration',
		turn: 3,
		commands: [[...VITEST, '--project=integration', ...WITHOUT_REDIS, ...WITHOUT_COTURN, ...WITHOUT_CROWDS]],
		// Once is enough each time; the long run has them on both.
		leaves: {
			to: 'system-postgres',
			without: ON_ANY_POSTGRES.flatMap((name) => ['--exclude', `**/integration/${name}*`])
		},
		counts: 'vitest',
		built: true
	},
	{
		name: 'faults',
		turn: 4,
		commands: [['../scripts/faults.mjs', '--short']],
		built: true,
		shows: /^(?:seeds|The promise was kept) .*/gm
	},
	{
		name: 'system-postgres',
		turn: 4,
		commands: [[...VITEST, '--project=integration', ...ON_ANY_POSTGRES.map((name) => `integration/${name}`)]],
		env: { PARLEY_TEST_POSTGRES: 'system' },
		needs: ['postgresql'],
		counts: 'vitest',
		built: true
	},
	{
		name: 'redis',
		turn: 4,
		commands: [[...VITEST, '--project=integration', 'redis.test.ts']],
		needs: ['redis-server'],
		counts: 'vitest',
		built: true
	},
	{
		name: 'coturn',
		turn: 4,
		commands: [[...VITEST, '--project=integration', 'coturn.test.ts']],
		needs: ['turnserver', 'openssl'],
		counts: 'vitest',
		built: true
	},
	{
		name: 'e2e',
		turn: 5,
		commands: [
			[
				...BROWSERS,
				'--output=test-results/e2e',
				'--grep-invert',
				`${WITH_COTURN}|${IN_NAMESPACES}|${WITH_FIREFOX}|${OF_SIX}`
			]
		],
		needs: ['chromium', 'chromium-headless-shell'],
		counts: 'playwright',
		built: true
	},
	{
		name: 'e2e-coturn',
		turn: 6,
		commands: [[...BROWSERS, '--output=test-results/e2e-coturn', WITH_COTURN]],
		needs: ['chromium', 'chromium-headless-shell', 'turnserver'],
		counts: 'playwright',
		built: true
	},
	{
		name: 'e2e-firefox',
		turn: 6,
		commands: [[...BROWSERS, '--output=test-results/e2e-firefox', WITH_FIREFOX]],
		needs: ['chromium', 'chromium-headless-shell', 'firefox'],
		counts: 'playwright',
		built: true
	},
	{
		// Its cable comes and goes: to every other browser the network has changed, and what it is loading fails.
		name: 'e2e-netns',
		turn: 7,
		commands: [[...BROWSERS, '--output=test-results/e2e-netns', IN_NAMESPACES]],
		needs: ['chromium', 'chromium-headless-shell', 'turnserver', 'ip', 'nft', 'namespaces'],
		counts: 'playwright',
		built: true
	},
	{
		name: 'e2e-six',
		turn: 8,
		commands: [[...BROWSERS, '--workers=1', '--output=test-results/e2e-six', OF_SIX]],
		needs: ['chromium', 'chromium-headless-shell'],
		counts: 'playwright',
		built: true
	},
	{
		name: 'crowds',
		turn: 9,
		commands: [
			[
				...VITEST,
				'--project=integration',
				'--no-file-parallelism',
				...OF_CROWDS.map((name) => `integration/${name}`)
			]
		],
		counts: 'vitest',
		built: true
	}
];
