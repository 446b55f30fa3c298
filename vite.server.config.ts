import { defineConfig, type Plugin } from 'vite';
import { repairDriver } from './src/lib/server/db/driver-repairs';

function repairedDriver(): Plugin {
	return {
		name: 'repaired-driver',
		enforce: 'pre',
		transform(source, id) {
			const code = repairDriver(source, id);
			return code === null ? null : { code, map: { mappings: '' } };
		}
	};
}

/** The second build, after Kit's (which empties build/): what runs around its handler, in plain Node. */
export default defineConfig({
	publicDir: false,
	plugins: [repairedDriver()],
	// Built in: postgres so that it can be repaired, the others because a server starts in two thirds of the time when
	// Node has not to find some hundred files of theirs.
	ssr: { noExternal: ['postgres', 'drizzle-orm', 'zod', '@trpc/server', 'rate-limiter-flexible'] },
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
