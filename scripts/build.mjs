// `npm run build`: both builds, unless they are up to date.
import { checkNode, ensureBuilt, ensureInstalled, PrepareError } from './prepare.mjs';

try {
	checkNode();
	await ensureInstalled(console.log);
	await ensureBuilt(console.log);
	console.log('build/ is up to date');
} catch (error) {
	if (!(error instanceof PrepareError)) throw error;
	console.error(error.message, error.output);
	process.exitCode = 1;
}
