import { describe, expect, test } from 'vitest';
import { isText, readText, treeFiles } from './tree';

const MAX_LINES = 400;

const files = treeFiles();
const code = files.filter((path) =>
	/^(src|tests|scripts|examples|bench)\/.*\.(ts|js|mjs|cjs|svelte)$/.test(path)
);

describe('names', () => {
	test('files are kebab-case (Kit names its own)', () => {
		const kitsOwn = /^src\/(routes\/.*\+[\w.@()-]+|app\.d\.ts|hooks\.(server|client)\.ts)$/;
		const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
		const wrong = code.filter((path) => !kitsOwn.test(path) && !kebab.test(path.split('/').at(-1) ?? ''));
		expect(wrong).toEqual([]);
	});
});

describe('length', () => {
	test(`a file over ${MAX_LINES} lines is usually two`, () => {
		const long = code
			.map((path) => ({ path, lines: readText(path).split('\n').length - 1 }))
			.filter(({ lines }) => lines > MAX_LINES);
		expect(long).toEqual([]);
	});
});

describe('what no file holds', () => {
	const forbidden: [what: string, pattern: RegExp][] = [
		["a machine's path", /(?<![\w.$}*@:-])\/(?:work|home\/\w+|Users\/\w+|root)\//],
		['a registry of packages', /\b(?:artifactory|nexus|verdaccio)\b|\bregistry\.(?!npmjs\.org)[\w-]+\.\w+/],
		['a file the lock fetches from elsewhere', /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/],
		['a task without a reason', /\b(?:TODO|FIXME|XXX)\b/],
		['a silenced compiler', /@ts-(?:ignore|nocheck)/]
	];
	const THIS_FILE = 'tests/tidy/files.test.ts'; // it names what it looks for

	test.each(forbidden)('%s', (_what, pattern) => {
		const found = files
			.filter((path) => isText(path) && path !== THIS_FILE)
			.flatMap((path) =>
				readText(path)
					.split('\n')
					.flatMap((line, i) =>
						pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : []
					)
			);
		expect(found).toEqual([]);
	});
});
