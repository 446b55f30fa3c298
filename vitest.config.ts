import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const $lib = fileURLToPath(new URL('src/lib', import.meta.url));

export default defineConfig({
	// The compiler alone, not the whole of Kit: no test needs its virtual modules, and each run starts faster.
	plugins: [svelte()],
	resolve: { alias: { $lib } },
	test: {
		// Most of our tests wait for something: three on two cores took 203 s where two took 240.
		maxWorkers: 3,
		projects: [
			{
				extends: true,
				test: {
					name: 'unit',
					environment: 'node',
					include: ['{src,bench}/**/*.test.ts'],
					// Loading the same modules for each file anew took two thirds of the time. No file leaves anything behind.
					isolate: false,
					// Some try thousands of cases, on machines that do something else as well.
					testTimeout: 20_000
				}
			},
			{
				extends: true,
				test: {
					name: 'integration',
					environment: 'node',
					include: ['tests/{integration,simulation,tidy,types,bench,faults}/**/*.test.ts'],
					globalSetup: ['tests/fixtures/global-setup.ts'],
					testTimeout: 20_000,
					hookTimeout: 30_000
				}
			}
		]
	}
});
