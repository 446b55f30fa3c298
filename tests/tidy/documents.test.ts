import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/lib/call/core/errors';
import { inboxItem } from '../../src/lib/call/core/inbox';
import { appRouter } from '../../src/lib/server/trpc/router';
import { ROOT, readText, treeFiles } from './tree';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';

/** What a document does not name in `code`. */
function unsaid(document: string, words: readonly string[]): string[] {
	const text = readText(document);
	return words.filter((word) => !text.includes(`\`${word}\``));
}

describe('docs/PROTOCOL.md names', () => {
	test('every procedure', () => {
		const procedures = Object.keys(appRouter._def.procedures);
		expect(procedures.length).toBeGreaterThan(20);
		expect(unsaid('docs/PROTOCOL.md', procedures)).toEqual([]);
	});

	test('every error key with its code, and no other', () => {
		const rows = readText('docs/PROTOCOL.md').matchAll(/^\| `([a-z]+\/[a-z-]+)`\s*\| ([A-Z_]+)\s*\|/gm);
		const named = Object.fromEntries([...rows].map(([, key, code]) => [key, code]));
		expect(named).toEqual(Object.fromEntries(Object.entries(ERRORS).map(([key, { code }]) => [key, code])));
	});

	test('every kind of inbox item', () => {
		const kinds = inboxItem.options.map((option) => option.shape.type.value);
		expect(kinds.length).toBeGreaterThan(5);
		expect(unsaid('docs/PROTOCOL.md', kinds)).toEqual([]);
	});
});

test('docs/OPERATING.md names every variable of env.ts', () => {
	const variables = [...readText('src/lib/server/env.ts').matchAll(/^\t\t([A-Z][A-Z_]+): /gm)].map(
		([, name]) => name ?? ''
	);
	expect(variables).toContain('DATABASE_URL');
	expect(unsaid('docs/OPERATING.md', variables)).toEqual([]);
});

test('links between documents lead somewhere', () => {
	const documents = treeFiles().filter((path) => path.endsWith('.md'));
	const dead = documents.flatMap((document) =>
		[...readText(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
			.map(([, target]) => target ?? '')
			.filter((target) => !/^(https?|mailto):/.test(target))
			.filter((target) => !existsSync(ROOT + posix.join(posix.dirname(document), target)))
			.map((target) => `${document} -> ${target}`)
	);
	expect(dead).toEqual([]);
});
