import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Each program of the benchmarks, compiled and nothing more: packages are what node_modules holds, as in the product's build. */
export default defineConfig({
	root: file('..'),
	publicDir: false,
	build: {
		ssr: true,
		target: 'node20',
		outDir: file('../build/bench'),
		emptyOutDir: true,
		rollupOptions: {
			input: {
				main: file('main.ts'),
				probe: file('probe.ts'),
				'relay-load': file('relay-load.ts'),
				'calls-load': file('calls-load.ts'),
				'ring-load': file('ring-load.ts'),
				'connect-load': file('connect-load.ts'),
				'ws-relay': file('servers/ws-relay.ts'),
				'socket-io-relay': file('servers/socket-io-relay.ts'),
				'peerjs-relay': file('servers/peerjs-relay.ts'),
				'trpc-relay': file('servers/trpc-relay.ts')
			},
			output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
		}
	}
});
