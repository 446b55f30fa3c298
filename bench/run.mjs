// `npm run bench`: prepares what the benchmarks need, then runs them. `npm run bench -- relay --quick --json`, see docs/BENCHMARKS.md.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, ensureBuilt, ensureInstalled, PrepareError, ROOT } from '../scripts/prepare.mjs';

// Standard output is the report's, which a program may read.
const say = (/** @type {string} */ line) => console.error(line);

try {
	checkNode();
	await ensureInstalled(say);
	await ensureBuilt(say);
} catch (error) {
	if (!(error instanceof PrepareError)) throw error;
	console.error(error.message, error.output);
	process.exit(1);
}

// Node 20 runs no TypeScript, and a loader inside a measured process would be measured too.
const { build } = await import('vite');
await build({ configFile: path.join(ROOT, 'bench', 'vite.config.ts'), logLevel: 'warn' });
await import(pathToFileURL(path.join(ROOT, 'build', 'bench', 'main.js')).href);
