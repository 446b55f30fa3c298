import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { createServerModuleRunner, defineConfig, type Plugin } from 'vite';
import type * as dev from './src/lib/server/dev';

/** Loaded by Vite's own runner, not imported here: a change of server code then needs no new dev server. */
const parley: Plugin = {
	name: 'parley-dev-server',
	apply: 'serve',
	enforce: 'pre',
	async configureServer(server) {
		const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
		const { runInDev } = await runner.import<typeof dev>('/src/lib/server/dev.ts');
		runInDev(server);
	}
};

export default defineConfig({
	plugins: [parley, tailwindcss(), sveltekit()],
	// The port of `npm start`, because ORIGIN and cookies follow it.
	server: { port: Number(process.env.PORT || 3000), strictPort: true }
});
