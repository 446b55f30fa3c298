import { ESLint } from 'eslint';
import { beforeAll, describe, expect, test } from 'vitest';
import ts from 'typescript-eslint';

let eslint: ESLint;

beforeAll(() => {
	// The snippets stand at paths that no tsconfig knows, so the rules that need types stay out.
	eslint = new ESLint({
		overrideConfig: [{ ...ts.configs.disableTypeChecked, files: ['**/*.{ts,svelte}'] }]
	});
});

async function rulesBrokenBy(filePath: string, code: string): Promise<string[]> {
	const [result] = await eslint.lintText(code, { filePath });
	const fatal = result?.messages.find((message) => message.fatal);
	if (fatal) throw new Error(fatal.message);
	return (result?.messages ?? [])
		.map((message) => message.ruleId ?? '')
		.filter((id) => !id.includes('unused'));
}

const DIRECTION = 'boundaries/dependencies';
const IMPORTS = 'no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';

describe('forbidden', () => {
	test.each<[title: string, path: string, code: string, rule: string]>([
		['core imports svelte', 'src/lib/call/core/x.ts', `import 'svelte';`, IMPORTS],
		['core imports a room', 'src/lib/call/core/x.ts', `import '../session/view';`, DIRECTION],
		[
			'core reads the clock',
			'src/lib/call/core/x.ts',
			`export const t = Date.now();`,
			'no-restricted-globals'
		],
		['core throws dice', 'src/lib/call/core/x.ts', `export const r = Math.random();`, SYNTAX],
		['signals imports calls', 'src/lib/server/signals/x.ts', `import '../calls/calls';`, DIRECTION],
		[
			'calls imports rooms',
			'src/lib/server/calls/x.ts',
			`import type { R } from '../rooms/rooms';`,
			DIRECTION
		],
		['inbox imports signals', 'src/lib/server/inbox/x.ts', `import '../signals/signals';`, DIRECTION],
		['a service imports wire', 'src/lib/server/ice/x.ts', `import '../wire';`, DIRECTION],
		['a service reads env', 'src/lib/server/ice/x.ts', `import { readEnv } from '../env';`, DIRECTION],
		['link imports server/db', 'src/lib/link/x.ts', `import '../server/db/schema';`, DIRECTION],
		['link imports the router itself', 'src/lib/link/x.ts', `import '../server/trpc/router';`, DIRECTION],
		['link imports the session', 'src/lib/link/x.ts', `import '$lib/call/session/view';`, DIRECTION],
		['routes import server/db', 'src/routes/x.ts', `import '$lib/server/db/schema';`, DIRECTION],
		['routes import call/session', 'src/routes/x.ts', `import '$lib/call/session/view';`, DIRECTION],
		['hooks import server/auth', 'src/hooks.server.ts', `import '$lib/server/auth/accounts';`, DIRECTION],
		['call/ui imports link', 'src/lib/call/ui/x.ts', `import '$lib/link/link';`, DIRECTION],
		['call/notify imports the session', 'src/lib/call/notify/x.ts', `import '../session/view';`, DIRECTION],
		[
			'the service worker imports the session',
			'src/service-worker.ts',
			`import './lib/call/session/view';`,
			DIRECTION
		],
		['call/media imports call/crypto', 'src/lib/call/media/x.ts', `import '../crypto/seal';`, DIRECTION],
		['room imports call/ui', 'src/lib/room/x.ts', `import '$lib/call/ui/bar.svelte';`, DIRECTION],
		['lib/ui imports a room', 'src/lib/ui/x.ts', `import '$lib/room/rooms';`, DIRECTION],
		['a folder that is no room', 'src/lib/helpers/x.ts', `import '$lib/ui/x';`, DIRECTION],
		[
			'a page imports call/media',
			'src/routes/+page.svelte',
			`<script lang="ts">import '$lib/call/media/x';</script>`,
			DIRECTION
		],
		['RTCPeerConnection in call/ui', 'src/lib/call/ui/x.ts', `new RTCPeerConnection();`, SYNTAX],
		[
			'RTCPeerConnection by globalThis',
			'src/lib/call/session/x.ts',
			`new globalThis.RTCPeerConnection();`,
			SYNTAX
		],
		[
			'devices opened in a component',
			'src/lib/call/ui/x.svelte',
			`<script lang="ts">void navigator.mediaDevices.enumerateDevices();</script>`,
			SYNTAX
		],
		['lucia in calls', 'src/lib/server/calls/x.ts', `import 'lucia';`, IMPORTS],
		['lucia in routes', 'src/routes/x.ts', `import 'lucia';`, IMPORTS],
		['Kit in a server room', 'src/lib/server/auth/x.ts', `import '$app/environment';`, IMPORTS],
		['$env in a server room', 'src/lib/server/ice/x.ts', `import '$env/dynamic/private';`, IMPORTS],
		['$lib in a server room', 'src/lib/server/ice/x.ts', `import '$lib/call/core/step';`, IMPORTS],
		['the database in the browser', 'src/lib/link/x.ts', `import 'drizzle-orm';`, IMPORTS],
		['process.env outside env.ts', 'src/lib/server/ice/x.ts', `export const p = process.env.PORT;`, SYNTAX],
		['console in a server room', 'src/lib/server/calls/x.ts', `console.log(1);`, 'no-console']
	])('%s', async (_title, path, code, rule) => {
		expect(await rulesBrokenBy(path, code)).toContain(rule);
	});
});

describe('allowed', () => {
	test.each<[title: string, path: string, code: string]>([
		['core imports zod and itself', 'src/lib/call/core/x.ts', `import 'zod';\nimport './step';`],
		['link names the type AppRouter', 'src/lib/link/x.ts', `import type { A } from '../server/trpc/router';`],
		[
			'session imports link, media, crypto',
			'src/lib/call/session/x.ts',
			`import '$lib/link/link';\nimport '../media/x';\nimport '../crypto/x';`
		],
		['call/media makes a connection', 'src/lib/call/media/x.ts', `new RTCPeerConnection();`],
		[
			'RTC types anywhere',
			'src/lib/call/ui/x.ts',
			`export type S = { s: RTCPeerConnectionState; c: RTCPeerConnection };`
		],
		[
			'a page imports Kit, packages and its own types',
			'src/routes/+page.svelte',
			`<script lang="ts">\nimport { goto } from '$app/navigation';\nimport Plus from '@lucide/svelte/icons/plus';\nimport type { PageProps } from './$types';\n</script>`
		],
		['routes call the router', 'src/routes/x.ts', `import '$lib/server/trpc/router';`],
		[
			'a service imports db, bus and core',
			'src/lib/server/calls/x.ts',
			`import '../db/schema';\nimport '../bus/bus';\nimport '../../call/core/step';`
		],
		['a service names the type Env', 'src/lib/server/ice/x.ts', `import type { Env } from '../env';`],
		[
			'trpc imports the services',
			'src/lib/server/trpc/x.ts',
			`import '../calls/calls';\nimport '../auth/accounts';`
		],
		[
			'wire imports everything',
			'src/lib/server/wire.ts',
			`import './calls/calls';\nimport './signals/signals';\nimport './env';`
		],
		['auth imports lucia', 'src/lib/server/auth/x.ts', `import 'lucia';`],
		[
			'main hands process.env over',
			'src/lib/server/main.ts',
			`import { readEnv } from './env';\nreadEnv(process.env);\nconsole.log(1);`
		]
	])('%s', async (_title, path, code) => {
		expect(await rulesBrokenBy(path, code)).toEqual([]);
	});
});
