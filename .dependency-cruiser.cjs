'use strict';
// ESLint guards the direction of imports (tests/tidy/house.js); this guards what a single file cannot show.

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
	forbidden: [
		{
			name: 'no-cycles',
			comment:
				'Files that need each other are one idea, or want a third. To know only the type of the other is free.',
			severity: 'error',
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
		},
		{
			name: 'no-unresolved',
			comment: 'An import that leads nowhere.',
			severity: 'error',
			from: { path: '^(src/lib|scripts|tests|bench)/' },
			to: { couldNotResolve: true, pathNot: '^(\\$app|\\$env|\\./\\$types)' }
		},
		{
			name: 'product-without-tests',
			comment: 'The product does not lean on its tests.',
			severity: 'error',
			from: { path: '^src/', pathNot: '\\.test\\.ts$' },
			to: { path: '(^tests/|^bench/|\\.test\\.ts$)' }
		},
		{
			name: 'product-without-dev-dependencies-on-the-server',
			comment: 'What runs in plain Node must be there after `npm ci --omit=dev`.',
			severity: 'error',
			from: { path: '^src/lib/server/', pathNot: '(\\.test\\.ts|/dev\\.ts)$' },
			to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }
		}
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '(^|/)(node_modules/\\.|build/|\\.svelte-kit/)' },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		webpackConfig: { fileName: 'tests/tidy/aliases.cjs' },
		enhancedResolveOptions: {
			exportsFields: ['exports'],
			conditionNames: ['svelte', 'import', 'require', 'node', 'default', 'types'],
			extensions: ['.ts', '.js', '.svelte', '.mjs', '.cjs', '.svelte.ts', '.d.ts', '.json']
		}
	}
};
