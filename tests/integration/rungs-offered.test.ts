import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { offeredRung } from '../../src/lib/call/core/rung';
import { EnvError, readEnv } from '../../src/lib/server/env';
import { openProgram, openProgrammer, straight } from '../fixtures/programs';
import { startServer } from '../fixtures/server';
import { standOn, until } from './rungs-world';

/** What an operator turns off is refused, in words; and how server-sent events are sent. */
const ends: (() => unknown)[] = [];
afterAll(async () => {
	for (const end of ends.reverse()) await end();
});

async function serve(rungs?: string) {
	const server = await startServer(rungs ? { PARLEY_RUNGS: rungs } : {});
	ends.push(() => server.stop());
	const person = await openProgrammer(server.url, 'Ann');
	const { token } = await person.token();
	const { deviceId, cursor, rungs: offered } = await person.api.inbox.open.mutate();
	const headers = { authorization: `Bearer ${token}` };
	return { server, person, token, deviceId, cursor, offered, headers };
}
type Served = Awaited<ReturnType<typeof serve>>;

const upgradeStatus = ({ server, headers }: Served) =>
	new Promise<number>((resolve, reject) => {
		const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/trpc`, { headers });
		socket.on('open', () => {
			socket.close();
			resolve(101);
		});
		socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
			socket.terminate();
			resolve(statusCode);
		});
		socket.on('error', reject);
	});

/** A subscription by server-sent events, read as it comes. */
async function subscribe({ server, headers, deviceId }: Served) {
	const input = encodeURIComponent(JSON.stringify({ deviceId }));
	const stop = new AbortController();
	ends.push(() => stop.abort());
	const begun = performance.now();
	const response = await fetch(`${server.url}/trpc/inbox.stream?input=${input}`, {
		headers: { ...headers, accept: 'text/event-stream' },
		signal: stop.signal
	});
	const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	return {
		response,
		async until(wanted: RegExp): Promise<number> {
			while (!wanted.test(text)) {
				const { done, value } = await reader.read();
				if (done) throw new Error(`ended with: ${text}`);
				text += value;
			}
			return performance.now() - begun;
		}
	};
}

describe('all four, as when nothing is said', () => {
	let served: Served;
	beforeAll(async () => void (served = await serve()));

	test('inbox.open says so', () => expect(served.offered).toEqual(offeredRung.options));

	test('server-sent events: the first byte at once, nothing may hold it back, and a ping within 5 s', async () => {
		const stream = await subscribe(served);
		expect(stream.response.status).toBe(200);
		expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
		expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
		expect(stream.response.headers.get('cache-control')).toContain('no-transform');
		expect(await stream.until(/^event: connected\n/)).toBeLessThan(1_000);
		await stream.until(/"type":"state"/);
		expect(await stream.until(/event: ping\n/)).toBeLessThan(6_500);
	});
});

describe('short polls only', () => {
	let served: Served;
	beforeAll(async () => void (served = await serve('short-poll')));

	test('no WebSocket is opened, no stream begins, and no poll is kept waiting', async () => {
		expect(served.offered).toEqual(['short-poll']);
		expect(await upgradeStatus(served)).toBe(403);
		await (await subscribe(served)).until(/event: serialized-error\ndata: .*"inbox\/rung-not-offered"/);
		const { deviceId, cursor, person } = served;
		const { stateTag } = await person.api.inbox.poll.query({ deviceId, cursor, waitMs: 0 });
		const begun = performance.now();
		await person.api.inbox.poll.query({ deviceId, cursor, stateTag, waitMs: 20_000 });
		expect(performance.now() - begun).toBeLessThan(2_000);
	});

	test('a link takes what there is, and says why', async () => {
		const program = openProgram(straight(served.server.url), served.token);
		ends.push(() => program.close());
		await standOn('short-poll', program);
		expect(program.link.status.why).toBe(
			'The WebSocket is turned off on this server. Server-sent events are turned off on this server. Long polls are turned off on this server.'
		);
		program.link.choose({ rung: 'websocket', by: 'settings' });
		await until(() =>
			expect(program.link.status).toMatchObject({
				rung: 'none',
				why: 'The WebSocket is turned off on this server. Chosen in the settings; no other way is tried.'
			})
		);
	});
});

test('the WebSocket only: polls are refused, and a link does not ask for any', async () => {
	const served = await serve('websocket');
	const { deviceId, cursor, person } = served;
	await expect(person.api.inbox.poll.query({ deviceId, cursor })).rejects.toMatchObject({
		data: { key: 'inbox/rung-not-offered', httpStatus: 403 }
	});
	const program = openProgram(straight(served.server.url), served.token);
	ends.push(() => program.close());
	await standOn('websocket', program);
	expect(program.news.filter((one) => one.type === 'status').map((one) => one.status.rung)).toEqual([
		'none',
		'websocket'
	]);
});

test.each(['', 'websocket, sse', 'short-poll'])('PARLEY_RUNGS=%s is understood', (value) => {
	const all = value === '' ? offeredRung.options : value.split(', ');
	expect(readEnv({ PARLEY_RUNGS: value }).rungs).toEqual(all);
});

test.each(['off', 'websocket;sse', 'poll', ','])(
	'PARLEY_RUNGS=%s is refused, with what there is',
	(value) => {
		expect(() => readEnv({ PARLEY_RUNGS: value })).toThrow(EnvError);
		expect(() => readEnv({ PARLEY_RUNGS: value })).toThrow(/websocket, sse, long-poll, short-poll/);
	}
);
