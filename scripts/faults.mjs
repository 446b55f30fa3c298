// `npm run faults`: the seeded fault run (tests/faults, docs/RELIABILITY.md). Prepares what it needs, then runs it.
import path from 'node:path';
import { checkNode, ensureBuilt, ensureInstalled, PrepareError, ROOT, stopPreparing } from './prepare.mjs';

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
	process.on(signal, () => stopPreparing(signal));
}
try {
	checkNode();
	await ensureInstalled(console.error);
	await ensureBuilt(console.error);
	const { runnerImport } = await import('vite');
	const { module } = await runnerImport(path.join(ROOT, 'tests', 'faults', 'main.ts'), {
		root: ROOT,
		configFile: false,
		logLevel: 'error'
	});
	process.exit(
		await /** @type {{ main(args: string[]): Promise<number> }} */ (module).main(process.argv.slice(2))
	);
} catch (error) {
	if (!(error instanceof PrepareError)) throw error;
	console.error(error.message, error.output);
	process.exit(1);
}
