import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppRouter } from '../../src/lib/server/trpc/router';
import { startServer, type TestServer } from '../fixtures/server';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = ['missed-calls', 'room-calls'] as const;
const sourceOf = (example: string) => join(ROOT, `examples/${example}.ts`);
const run = promisify(execFile);

type Api = TRPCClient<AppRouter>;

let server: TestServer;
let folder: string;
let ann: Api;
let bob: Api;

/** Signs up as a page does, and goes on with its cookie. */
async function register(username: string, displayName: string): Promise<Api> {
	const answer = await fetch(`${server.url}/trpc/auth.register`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: server.url },
		body: JSON.stringify({ username, displayName, password: 'plain-harbour-lantern-42' })
	});
	expect(answer.status, await answer.clone().text()).toBe(200);
	const cookie = answer.headers
		.getSetCookie()
		.map((line) => line.split(';', 1)[0])
		.join('; ');
	const headers = { cookie, origin: server.url };
	return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${server.url}/trpc`, headers })] });
}

/** Runs an example in a plain Node, as `npx tsx` would: types taken away, nothing else changed. */
function runExample(token: string, example: (typeof EXAMPLES)[number] = 'missed-calls') {
	return run(process.execPath, [join(folder, `${example}.mjs`)], {
		env: { PATH: process.env.PATH, PARLEY_URL: server.url, PARLEY_TOKEN: token }
	});
}

beforeAll(async () => {
	server = await startServer();
	// Below the root, so that `@trpc/client` is found; git ignores the folder.
	await mkdir(join(ROOT, 'test-results'), { recursive: true });
	folder = await mkdtemp(join(ROOT, 'test-results/example-'));
	for (const example of EXAMPLES) {
		const source = sourceOf(example);
		const { code } = await transformWithOxc(await readFile(source, 'utf8'), source);
		await writeFile(join(folder, `${example}.mjs`), code);
	}
	ann = await register('ann-of-example', 'Ann Example');
	bob = await register('bob-of-example', 'Bob Example');
});

afterAll(async () => {
	await server?.stop();
	if (folder) await rm(folder, { recursive: true, force: true });
});

test('examples/missed-calls.ts is fifteen lines', async () => {
	expect((await readFile(sourceOf('missed-calls'), 'utf8')).trimEnd().split('\n')).toHaveLength(15);
});

test('examples/missed-calls.ts prints whom its owner missed', async () => {
	const { token } = await bob.tokens.create.mutate({ name: 'missed calls' });
	expect((await runExample(token)).stdout).toBe('Nobody.\n');

	const room = await ann.rooms.openDirect.mutate({ username: 'bob-of-example' });
	const { deviceId } = await ann.inbox.open.mutate();
	const media = { microphoneEnabled: true, cameraEnabled: false };
	const call = await ann.calls.start.mutate({ roomId: room.id, deviceId, kind: 'audio', ...media });
	await ann.calls.leave.mutate({ callId: call.id, deviceId });

	const { stdout } = await runExample(token);
	expect(stdout).toBe(`${new Date(call.startedAt).toISOString()}  Ann Example  (audio, Ann Example)\n`);
});

test('examples/room-calls.ts prints who is in the live calls of its owner’s rooms', async () => {
	const { token } = await bob.tokens.create.mutate({ name: 'room calls' });
	expect((await runExample(token, 'room-calls')).stdout).toBe('');

	const room = await ann.rooms.openDirect.mutate({ username: 'bob-of-example' });
	const media = { microphoneEnabled: true, cameraEnabled: false };
	const [annDevice, bobDevice] = await Promise.all([ann.inbox.open.mutate(), bob.inbox.open.mutate()]);
	const at = { deviceId: annDevice.deviceId };
	const { id: callId } = await ann.calls.start.mutate({ roomId: room.id, kind: 'video', ...at, ...media });
	await bob.calls.accept.mutate({ callId, deviceId: bobDevice.deviceId, ...media });
	const none = { host: 0, srflx: 0, prflx: 0, relay: 0 };
	await ann.calls.reportConnection.mutate({
		callId,
		...at,
		peers: [
			{
				deviceId: bobDevice.deviceId,
				connectionState: 'connected',
				iceConnectionState: 'connected',
				iceGatheringState: 'complete',
				signalingState: 'stable',
				path: 'srflx',
				candidates: { local: { ...none, srflx: 1 }, remote: none },
				restarts: 0,
				why: null
			}
		]
	});
	const lines = (await runExample(token, 'room-calls')).stdout.trimEnd().split('\n');
	expect(lines).toEqual([
		expect.stringMatching(/^Ann Example: video, active, for \d+ s$/),
		'  Ann Example: accepted',
		'  Bob Example: accepted',
		`  ${annDevice.deviceId} -> ${bobDevice.deviceId}: connected (srflx)`
	]);
	await ann.calls.leave.mutate({ callId, ...at });
});

test('a revoked token signs in no more', async () => {
	const { id, token } = await ann.tokens.create.mutate({ name: 'soon gone' });
	expect((await runExample(token)).stdout).toBe('Nobody.\n');
	await ann.tokens.revoke.mutate({ tokenId: id });
	await expect(runExample(token)).rejects.toThrow('Your session has ended');
});
