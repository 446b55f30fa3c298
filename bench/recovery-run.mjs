// A program of the benchmarks that is compiled as it runs: nobody measures its CPU, and it finds the tests' fixtures where they are.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('recovery-load.ts', import.meta.url)), {
	configFile: false,
	logLevel: 'error'
});
