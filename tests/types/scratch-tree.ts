import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT, treeFiles } from '../tidy/tree';

export type CheckError = { file: string; message: string };

/** What the compiler needs of the product. */
const PRODUCT = /^(src\/|static\/|package\.json$|svelte\.config\.js$|tsconfig\.json$|vite\.config\.ts$)/;

/** A copy of the product in a temporary folder, to be broken and checked there. */
export function copyTree() {
	const root = mkdtempSync(join(tmpdir(), 'parley-types-'));
	const files = treeFiles().filter((path) => PRODUCT.test(path) && !path.endsWith('.test.ts'));
	for (const path of files) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		cpSync(join(ROOT, path), join(root, path));
	}
	symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));

	return {
		/** Changes every file below `folder` (or that one file). @throws when nothing was there to change */
		change(folder: string, from: RegExp, to: string): void {
			const changed = files.filter((path) => {
				if (!path.startsWith(folder)) return false;
				const before = readFileSync(join(root, path), 'utf8');
				const after = before.replace(from, to);
				if (after !== before) writeFileSync(join(root, path), after);
				return after !== before;
			});
			if (changed.length === 0)
				throw new Error(`${from} is nowhere in ${folder}: the test needs another example`);
		},

		/** What `npm run check` would say here. */
		async check(): Promise<CheckError[]> {
			await run(root, 'node_modules/@sveltejs/kit/svelte-kit.js', ['sync']);
			const output = await run(root, 'node_modules/svelte-check/bin/svelte-check', [
				'--tsconfig',
				'./tsconfig.json',
				'--output',
				'machine-verbose',
				'--threshold',
				'error'
			]);
			if (!output.includes(' COMPLETED ')) throw new Error(`svelte-check did not finish:\n${output}`);
			return output
				.split('\n')
				.map((line) => /^\d+ (\{.*\})$/.exec(line)?.[1])
				.filter((json) => json !== undefined)
				.map((json) => JSON.parse(json) as { filename: string; message: string })
				.map(({ filename, message }) => ({ file: filename, message }));
		},

		remove: () => rmSync(root, { recursive: true, force: true })
	};
}

/** Runs one of the project's own tools; what it prints is the answer, whatever its exit code. */
function run(cwd: string, tool: string, args: string[]): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [join(ROOT, tool), ...args], {
			cwd,
			stdio: ['ignore', 'pipe', 'inherit']
		});
		let output = '';
		child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.once('error', reject);
		child.once('close', () => resolve(output));
	});
}
