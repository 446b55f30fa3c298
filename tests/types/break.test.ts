import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyTree, type CheckError } from './scratch-tree';

const CALLS_PAGE = 'src/routes/(app)/calls/';
const ROOM_PAGE = 'src/routes/(app)/rooms/[id]/';
const HISTORY = 'src/lib/server/calls/history.ts';
const SCHEMA = 'src/lib/server/db/schema/calls.ts';

let tree: ReturnType<typeof copyTree>;
let errors: CheckError[];

// One run of the compiler for all of them: each error is told apart by its file and its words. That the tree
// is free of errors before it is broken is what `npm run check` says.
beforeAll(async () => {
	tree = copyTree();
	// A column is renamed, and the server follows.
	tree.change('src/lib/server/', /\bdisplayName\b/g, 'shownName');
	// A column becomes of another type, and nobody follows.
	tree.change(SCHEMA, /startedAt: instant\('started_at'\)/g, "startedAt: text('started_at')");
	// A router's output loses a field.
	tree.change(HISTORY, /\bdurationMs:/, 'lengthMs:');
	errors = await tree.check();
}, 180_000);

afterAll(() => tree?.remove());

const errorsIn = (folder: string) =>
	errors
		.filter(({ file }) => file.startsWith(folder) && file.endsWith('.svelte'))
		.map(({ message }) => message);

test('a renamed column breaks the pages that show it', () => {
	expect(errorsIn(CALLS_PAGE)).toContainEqual(expect.stringContaining("'displayName' does not exist"));
	expect(errorsIn(ROOM_PAGE)).toContainEqual(expect.stringContaining('displayName'));
});

test('a column of another type breaks the page that shows it', () => {
	expect(errorsIn(CALLS_PAGE)).toContainEqual(
		expect.stringContaining("'string' is not assignable to type 'number'")
	);
});

test('a changed output of a router breaks the page that shows it', () => {
	expect(errorsIn(CALLS_PAGE)).toContainEqual(expect.stringContaining("'durationMs' does not exist"));
});
