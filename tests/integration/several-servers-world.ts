import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { randomUUID } from 'node:crypto';
import { WebSocket as NodeWebSocket } from 'ws';
import type { SignalKind } from '../../src/lib/call/core/signal';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { createLink } from '../../src/lib/link/create-link';
import type { LinkNews } from '../../src/lib/link/link';
import type { AppRouter } from '../../src/lib/server/trpc/router';
import { startServer, type TestServer } from '../fixtures/server';

/** Somebody signed in: the session holds on every server that shares the database. */
export type Person = { username: string; cookie: string };

export async function signUp(server: TestServer, name: string): Promise<Person> {
	const username = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}`;
	const answer = await fetch(`${server.url}/trpc/auth.register`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: server.url },
		body: JSON.stringify({ username, displayName: name, password: 'plain-harbour-lantern-42' })
	});
	if (!answer.ok) throw new Error(await answer.text());
	return { username, cookie: answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' };
}

/** The API as this person's pages at that server have it. */
export function apiOf(server: TestServer, { cookie }: Person): TRPCClient<AppRouter> {
	const headers = { cookie, origin: server.url };
	return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${server.url}/trpc`, headers })] });
}

/** What a device was told, and when. */
export class Device {
	readonly link: ReturnType<typeof createLink>;
	readonly news: LinkNews[] = [];
	readonly #woken = new Set<() => void>();

	constructor(server: TestServer, { cookie }: Person) {
		const credentials = { cookie, origin: server.url };
		class Socket extends NodeWebSocket {
			constructor(url: string) {
				super(url, { headers: credentials });
			}
		}
		this.link = createLink({
			origin: server.url,
			fetch: (input, init) => {
				const headers = new Headers(init?.headers);
				for (const [name, value] of Object.entries(credentials)) headers.set(name, value);
				return fetch(input, { ...init, headers });
			},
			WebSocket: Socket as unknown as typeof WebSocket
		});
		this.link.listen((one) => {
			this.news.push(one);
			for (const wake of [...this.#woken]) wake();
		});
		this.link.start();
	}

	get id(): string {
		return this.link.deviceId ?? '';
	}

	/** Resolves with what `look` finds, as soon as it finds something. */
	hears<T>(what: string, look: (news: readonly LinkNews[]) => T | undefined, withinMs = 10_000): Promise<T> {
		return new Promise((resolve, reject) => {
			const done = () => {
				clearTimeout(timer);
				this.#woken.delete(check);
			};
			const check = () => {
				const found = look(this.news);
				if (found === undefined) return;
				done();
				resolve(found);
			};
			const timer = setTimeout(() => {
				done();
				reject(new Error(`not heard within ${withinMs} ms: ${what}`));
			}, withinMs);
			this.#woken.add(check);
			check();
		});
	}

	/** The newest snapshot of a call, once it is as asked. */
	sees(what: string, holds: (call: CallSnapshot) => boolean, withinMs?: number): Promise<CallSnapshot> {
		return this.hears(what, (news) => callsIn(news).find(holds), withinMs);
	}

	stands(): Promise<true> {
		return this.hears('a standing stream', () => (this.link.status.rung === 'websocket' ? true : undefined));
	}

	send(call: CallSnapshot, to: Device, kind: SignalKind, text: string): void {
		const body = Buffer.from(text).toString('base64');
		this.link.sendSignal(call.id, to.id, { v: 1, kind, callVersion: call.version, body });
	}

	/** What came from that device, in the order in which it came. */
	signalsFrom(from: Device): string[] {
		return this.news.flatMap((one) =>
			one.type === 'signal' && one.signal.fromDeviceId === from.id
				? [`${one.signal.envelope.kind} ${Buffer.from(one.signal.envelope.body, 'base64').toString()}`]
				: []
		);
	}
}

/** Every snapshot, newest first. */
function callsIn(news: readonly LinkNews[]): CallSnapshot[] {
	return news
		.flatMap((one) => (one.type === 'call' ? [one.call] : one.type === 'state' ? one.state.calls : []))
		.reverse();
}

/** Servers on one database; each may have variables of its own. */
export async function startServers(envs: readonly Record<string, string>[]): Promise<TestServer[]> {
	const [first, ...others] = envs;
	const server = await startServer(first);
	const { database } = server;
	const more = await Promise.all(others.map((env) => startServer(env, { database })));
	return [server, ...more];
}

/** The first drops the database, so it goes last. */
export async function stopServers(servers: readonly TestServer[]): Promise<void> {
	await Promise.all(servers.slice(1).map((server) => server.stop()));
	await servers[0]?.stop();
}

/** How long each of some things took. */
export class Stopwatch {
	readonly times: number[] = [];

	async time<T>(work: () => Promise<T>): Promise<T> {
		const since = performance.now();
		const result = await work();
		this.times.push(performance.now() - since);
		return result;
	}

	quantile(share: number): number {
		const sorted = [...this.times].sort((a, b) => a - b);
		return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
	}
}

const media = { microphoneEnabled: true, cameraEnabled: false };

/** A direct call that both are in. */
export async function connect(caller: Device, callee: Device): Promise<CallSnapshot> {
	const me = await callee.link.api.auth.me.query();
	const room = await caller.link.api.rooms.openDirect.mutate({ username: me?.username ?? '' });
	const start = { roomId: room.id, deviceId: caller.id, kind: 'audio' as const, ...media };
	const { id: callId } = await caller.link.api.calls.start.mutate(start);
	await callee.link.api.calls.accept.mutate({ callId, deviceId: callee.id, ...media });
	await callee.sees('the call', ({ id, phase }) => id === callId && phase === 'active');
	return caller.sees('the call', ({ id, phase }) => id === callId && phase === 'active');
}

/** Sends signals one by one. @returns how long each took from one device to the other */
export async function signalDelays(
	call: CallSnapshot,
	from: Device,
	to: Device,
	{ count, everyMs }: { count: number; everyMs: number }
): Promise<number[]> {
	const sent: Promise<number>[] = [];
	for (let i = 0; i < count; i++) {
		const text = randomUUID();
		const since = performance.now();
		from.send(call, to, 'candidates', text);
		const arrived = to.hears('a signal', () => to.signalsFrom(from).find((one) => one.endsWith(text)));
		sent.push(arrived.then(() => performance.now() - since));
		if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
		else await arrived;
	}
	return Promise.all(sent);
}
