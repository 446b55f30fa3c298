import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT, readText, treeFiles } from './tree';

type Journal = { entries: { idx: number; when: number; tag: string }[] };

const journal = JSON.parse(readText('drizzle/meta/_journal.json')) as Journal;
const files = treeFiles().filter((path) => /^drizzle\/[^/]+\.sql$/.test(path));

test('the journal lists every migration, and no other', () => {
	expect(journal.entries.map(({ tag }) => `drizzle/${tag}.sql`)).toEqual(files);
});

test('migrations are numbered and dated in their order', () => {
	journal.entries.forEach(({ idx, tag, when }, i) => {
		expect(idx).toBe(i);
		expect(tag).toMatch(new RegExp(`^${String(i).padStart(4, '0')}_[a-z0-9_]+$`));
		expect(when).toBeGreaterThan(journal.entries[i - 1]?.when ?? 0);
	});
});

test('a migration that was committed is never edited: append another', () => {
	const git = (...args: string[]) =>
		execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
	let committed: string[];
	try {
		committed = git('ls-tree', '--name-only', 'HEAD', 'drizzle/')
			.split('\n')
			.filter((path) => path.endsWith('.sql'));
	} catch {
		return; // before the first commit there is nothing to keep
	}
	for (const path of committed) {
		// The first version that history has of it, not the last: an edit that was committed counts too.
		const first = git('log', '--diff-filter=A', '--format=%H', '--', path).trim().split('\n').at(-1);
		if (first) expect(git('show', `${first}:${path}`), path).toBe(readText(path));
	}
});
