import { expect, test } from 'vitest';
import { readText, treeFiles } from './tree';

/** docs/GLOSSARY.md: one word per thing, so that a reader never wonders whether two words mean two things. */
const NEVER: [word: string, say: string, pattern: RegExp][] = [
	['hang up', 'leave, decline, cancel or end', /\bhang(?:ing|s)?[\s_-]?up\b|hangUp|hungUp/i],
	// `.terminate(` is the ws package's own; Postgres has its own too.
	['terminate', 'end', /(?<![.\w])terminate[sd]?\b(?!\()|(?<=[a-z])Terminate(?!Backend)/],
	['ice_candidate', 'candidate', /\bice_candidate/],
	['is_consumed', 'acked', /\bis_?consumed\b/i],
	['relay mode', 'poll, or the rung by its name', /\brelay[\s_-]?mode\b/i],
	['call status of a call itself', 'phase', /\bcallState\b|\bCALL_STATUS\b/]
];

/** Quotes what it puts right in somebody else's source. */
const QUOTING = 'src/lib/server/db/driver-repairs.ts';
const sources = treeFiles().filter(
	(path) => /^(src|scripts|examples)\/.*\.(ts|mjs|svelte)$/.test(path) && path !== QUOTING
);

test.each(NEVER)('"%s" is not said: say %s', (_word, _say, pattern) => {
	const found = sources.flatMap((path) =>
		readText(path)
			.split('\n')
			.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : []))
	);
	expect(found).toEqual([]);
});
