import { expect, vi } from 'vitest';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { offeredRung, type OfferedRung } from '../../src/lib/call/core/rung';
import type { LinkOptions } from '../../src/lib/link/create-link';
import {
	openProgram,
	openProgrammer,
	straight,
	type Program,
	type Programmer,
	type Ways
} from '../fixtures/programs';
import type { TestServer } from '../fixtures/server';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';

export const RUNGS = offeredRung.options;
const MEDIA = { microphoneEnabled: true, cameraEnabled: false };

export const until = (check: () => unknown, timeout = 15_000) => vi.waitFor(check, { timeout, interval: 5 });

export function sendFrom(from: Program, to: Program, callId: string, text: string): void {
	const body = Buffer.from(text).toString('base64');
	from.link.sendSignal(callId, to.deviceId(), { v: 1, kind: 'candidates', callVersion: 1, body });
}

export function textsAt(program: Program): string[] {
	return program.news.flatMap((one) =>
		one.type === 'signal' ? [Buffer.from(one.signal.envelope.body, 'base64').toString()] : []
	);
}

/** The highest version of a call that this program was told, by whatever item. */
export function newestCall({ news }: Program, callId: string): CallSnapshot | undefined {
	return news
		.flatMap((one) => (one.type === 'call' ? [one.call] : one.type === 'state' ? one.state.calls : []))
		.filter(({ id }) => id === callId)
		.sort((a, b) => b.version - a.version)[0];
}

export const numbered = (name: string, count: number) =>
	Array.from({ length: count }, (_, i) => `${name} ${i}`);

/** Ann and Bob, each with a program, in a room of the two. */
export type Pair = {
	people: { ann: Programmer; bob: Programmer };
	ann: Program;
	bob: Program;
	bobToken: { id: string; token: string };
	roomId: string;
	/** Rings and accepts. @returns the call */
	call(): Promise<string>;
	close(): void;
};

export async function openPair(
	server: Pick<TestServer, 'url'>,
	options: { rung: OfferedRung | null; ways?: Ways; link?: LinkOptions }
): Promise<Pair> {
	const [ann, bob] = await Promise.all([
		openProgrammer(server.url, 'Ann'),
		openProgrammer(server.url, 'Bob')
	]);
	const { id: roomId } = await ann.api.rooms.openDirect.mutate({ username: bob.username });
	const [annToken, bobToken] = await Promise.all([ann.token(), bob.token()]);
	const choice = options.rung && ({ rung: options.rung, by: 'settings' } as const);
	const ways = options.ways ?? straight(server.url);
	const programs = [annToken, bobToken].map(({ token }) =>
		openProgram(ways, token, { ...options.link, choice })
	) as [Program, Program];
	const [annProgram, bobProgram] = programs;
	await until(() => programs.forEach(({ link }) => expect(link.deviceId).not.toBeNull()));
	return {
		people: { ann, bob },
		ann: annProgram,
		bob: bobProgram,
		bobToken,
		roomId,
		async call() {
			const { id: callId } = await annProgram.link.api.calls.start.mutate({
				roomId,
				deviceId: annProgram.deviceId(),
				kind: 'audio',
				...MEDIA
			});
			await bobProgram.link.api.calls.accept.mutate({ callId, deviceId: bobProgram.deviceId(), ...MEDIA });
			return callId;
		},
		close: () => programs.forEach((program) => program.close())
	};
}

export const standOn = (rung: string, ...programs: Program[]) =>
	until(() => programs.forEach(({ link }) => expect(link.status.rung).toBe(rung)));

/** One proxy for each way, so that a rung can be broken without the others. */
export async function openWays(server: TestServer): Promise<{
	ways: Ways;
	websocket: TcpProxy;
	sse: TcpProxy;
	poll: TcpProxy;
	close(): Promise<void>;
}> {
	const port = Number(new URL(server.url).port);
	const [websocket, sse, poll] = await Promise.all([
		startTcpProxy(port),
		startTcpProxy(port),
		startTcpProxy(port)
	]);
	const at = (proxy: TcpProxy) => `http://127.0.0.1:${proxy.port}`;
	return {
		ways: { websocket: at(websocket), sse: at(sse), poll: at(poll), rest: server.url },
		websocket,
		sse,
		poll,
		close: async () => void (await Promise.all([websocket.close(), sse.close(), poll.close()]))
	};
}
