// `npm start`: from a fresh clone to a running product. `node scripts/start.mjs doctor|migrate|signals` runs those
// instead.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
	checkNode,
	ensureBuilt,
	ensureInstalled,
	excerpt,
	PrepareError,
	ROOT,
	stopPreparing
} from './prepare.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
let stopped = false;

/** @param {NodeJS.Signals} signal */
function stop(signal) {
	stopped = true;
	stopPreparing(signal);
}

for (const signal of SIGNALS) process.on(signal, stop);
const command = process.argv[2];
const program = path.join(ROOT, 'build', command ? 'cli.js' : 'parley.js');
/** It looks at a server that runs, from this very build: making it anew would pull the files from under that. */
const asItIs = command === 'signals' && existsSync(program);
/** What a command prints may be another program's input. */
const say = command ? console.error : console.log;
try {
	checkNode();
	if (!asItIs) await ensureInstalled(say);
	if (!asItIs && !stopped) await ensureBuilt(say);
	if (stopped) process.exit(130);
} catch (error) {
	if (stopped) process.exit(130);
	if (!(error instanceof PrepareError)) throw error;
	console.error('Parley did not start:', error.message);
	if (error.output) console.error(excerpt(error.output));
	process.exit(1);
}

// In this process, not in a child: so every signal reaches the product once, and its exit code is ours.
for (const signal of SIGNALS) process.off(signal, stop);
await import(pathToFileURL(program).href);
