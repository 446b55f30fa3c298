// `npm start`: from a fresh clone to a running product. `node scripts/start.mjs doctor|migrate` runs those instead.
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
try {
	checkNode();
	await ensureInstalled(console.log);
	if (!stopped) await ensureBuilt(console.log);
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
const command = process.argv[2];
await import(pathToFileURL(path.join(ROOT, 'build', command ? 'cli.js' : 'parley.js')).href);
