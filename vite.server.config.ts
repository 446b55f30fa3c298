import { defineConfig } from 'vite';

/** The second build, after Kit's (which empties build/): what runs around its handler, in plain Node. */
export default defineConfig({
	publicDir: false,
	build: {
		ssr: true,
		target: 'node20',
		outDir: 'build',
		emptyOutDir: false,
		sourcemap: true,
		rollupOptions: {
			input: { parley: 'src/lib/server/main.ts', cli: 'src/lib/server/cli.ts' },
			output: { entryFileNames: '[name].js', chunkFileNames: 'parley/[name]-[hash].js' }
		}
	}
});
