import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const $lib = fileURLToPath(new URL('src/lib', import.meta.url));

export default defineConfig({
	// The compiler alone, not the whole of Kit: no test needs its virtual modules, and each run starts faster.
	plugins: [svelte()],
	resolve: { alias: { $lib } },
	test: {
		// One for each of CI's two cores, where the default is one: most of our tests wait for something.
		maxWorkers: 2,
		projects: [
			{
				extends: true,
				test: { name: 'unit', environment: 'node', include: ['{src,bench}/**/*.test.ts'] }
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
