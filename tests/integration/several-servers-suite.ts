import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import type { TestDatabase } from '../fixtures/database';
import type { TestServer } from '../fixtures/server';
import {
	apiOf,
	connect,
	Device,
	signalDelays,
	signUp,
	startServers,
	Stopwatch,
	stopServers,
	type Person
} from './several-servers-world';

const media = { microphoneEnabled: true, cameraEnabled: true };
/** A wake-up that the bus loses is found by a check every 2 s. */
const LOST_WITHIN_MS = 3_000;
const CANDIDATES = 20;

type Caller = { person: Person; server: TestServer; device: Device };

/** Breaks the bus between servers. @returns what mends it */
type Fault = (database: TestDatabase) => Promise<() => void>;

type Between = { env: Record<string, string>; close: () => Promise<void> };

type Several<B extends Between> = {
	counts: readonly number[];
	/** What the servers need to hear each other. */
	start: () => Promise<B>;
	/** What the bus owes: without it, the check would need one second on average. */
	medianBelowMs: number;
	/** Tried on two servers. */
	faults?: Record<string, (bus: B) => Fault>;
};

/** One call whose devices are on different servers. */
export function describeSeveralServers<B extends Between>(
	name: string,
	{ counts, start, medianBelowMs, faults = {} }: Several<B>
): void {
	describe.each(counts)(`%i servers over ${name}`, (count) => {
		let servers: TestServer[] = [];
		let bus: B;
		beforeAll(async () => {
			bus = await start();
			servers = await startServers(Array.from({ length: count }, () => bus.env));
		}, 60_000);
		afterAll(async () => {
			await stopServers(servers);
			await bus.close();
		});

		async function callers(...names: string[]): Promise<Caller[]> {
			const all: Caller[] = [];
			for (const [index, one] of names.entries()) {
				const server = servers[index % servers.length] as TestServer;
				const person = await signUp(server, one);
				all.push({ person, server, device: new Device(server, person) });
			}
			await Promise.all(all.map(({ device }) => device.stands()));
			return all;
		}

		/** Runs `act` at one caller, and times how long each of the others takes to see it. */
		async function seen(
			watch: Stopwatch,
			others: readonly Caller[],
			act: () => Promise<unknown>,
			what: string,
			holds: (call: CallSnapshot) => boolean
		): Promise<CallSnapshot> {
			await act();
			const calls = await Promise.all(
				others.map(({ device }) => watch.time(() => device.sees(what, holds, LOST_WITHIN_MS)))
			);
			return calls[0] as CallSnapshot;
		}

		test('ring, accept, offers, answers and candidates in order, toggles, leave and end', async () => {
			const people = await callers(...['Ann', 'Bob', 'Cleo'].slice(0, count));
			const [ann, bob, cleo] = people as [Caller, Caller, Caller?];
			const others = people.slice(1);
			const watch = new Stopwatch();

			const room = await ann.device.link.api.rooms.create.mutate({ name: 'Team' });
			const { code } = await ann.device.link.api.rooms.inviteCode.mutate({ roomId: room.id });
			for (const { device } of others) await device.link.api.rooms.join.mutate({ code });

			const { id: callId } = await ann.device.link.api.calls.start.mutate({
				roomId: room.id,
				deviceId: ann.device.id,
				kind: 'video',
				...media
			});
			await seen(
				watch,
				others,
				async () => {},
				'the ring',
				({ id, phase }) => id === callId && phase === 'ringing'
			);

			let call: CallSnapshot | undefined;
			for (const one of others) {
				const deviceId = one.device.id;
				call = await seen(
					watch,
					people.filter((person) => person !== one),
					() => one.device.link.api.calls.accept.mutate({ callId, deviceId, ...media }),
					'who accepted',
					({ devices }) => devices.some((device) => device.deviceId === deviceId)
				);
			}
			if (!call) throw new Error('nobody accepted');

			// Everybody with everybody, both ways at once; the device that joined later makes the offer.
			const sent = (kind: string) => [
				kind,
				...Array.from({ length: CANDIDATES }, (_, i) => `candidates ${i}`)
			];
			for (const [i, from] of people.entries()) {
				for (const [j, to] of people.entries()) {
					if (i === j) continue;
					const kind = i > j ? 'offer' : 'answer';
					from.device.send(call, to.device, kind, 'sdp');
					for (let n = 0; n < CANDIDATES; n++) from.device.send(call, to.device, 'candidates', String(n));
				}
			}
			for (const [i, from] of people.entries()) {
				for (const [j, to] of people.entries()) {
					if (i === j) continue;
					const expected = sent(i > j ? 'offer sdp' : 'answer sdp');
					const all = () => (to.device.signalsFrom(from.device).length >= expected.length ? true : undefined);
					await watch.time(() => to.device.hears('all signals', all, LOST_WITHIN_MS));
					expect(to.device.signalsFrom(from.device)).toEqual(expected);
				}
			}

			for (const one of people) {
				const deviceId = one.device.id;
				await seen(
					watch,
					people.filter((person) => person !== one),
					() =>
						one.device.link.api.calls.setMedia.mutate({
							callId,
							deviceId,
							microphoneEnabled: false,
							cameraEnabled: true
						}),
					'who is muted',
					({ devices }) => devices.some((device) => device.deviceId === deviceId && !device.microphoneEnabled)
				);
			}

			if (cleo) {
				await seen(
					watch,
					[ann, bob],
					() => cleo.device.link.api.calls.leave.mutate({ callId, deviceId: cleo.device.id }),
					'who left',
					({ devices, version }) =>
						version > (call?.version ?? 0) && devices.every(({ deviceId }) => deviceId !== cleo.device.id)
				);
			}
			await seen(
				watch,
				others,
				() => ann.device.link.api.calls.end.mutate({ callId }),
				'the end',
				({ id, phase }) => id === callId && phase === 'ended'
			);
			for (const { device } of people) device.link.stop();
			expect(watch.quantile(0.5)).toBeLessThan(medianBelowMs);
		});

		test('signing out on one server ends the stream on the other', async () => {
			const [ann, bob] = (await callers('Ann', 'Bob')) as [Caller, Caller];
			const watch = new Stopwatch();
			// Bob's page is at his server; he signs out at Ann's.
			await apiOf(ann.server, bob.person).auth.signOut.mutate();
			const over = (news: readonly { type: string }[]) => news.find(({ type }) => type === 'signed-out');
			await watch.time(() => bob.device.hears('the end of the session', over, LOST_WITHIN_MS));
			expect(ann.device.news.some(({ type }) => type === 'signed-out')).toBe(false);
			await expect(apiOf(bob.server, bob.person).rooms.list.query()).rejects.toThrow();
			ann.device.link.stop();
		});

		test.each(count === 2 ? Object.keys(faults) : [])('%s: a signal is at most 3 s late', async (title) => {
			const [ann, bob] = (await callers('Ann', 'Bob')) as [Caller, Caller];
			const call = await connect(ann.device, bob.device);
			await signalDelays(call, ann.device, bob.device, { count: 1, everyMs: 0 });
			const mend = await faults[title]?.(bus)(servers[0]?.database as TestDatabase);
			try {
				const delays = await signalDelays(call, ann.device, bob.device, { count: 8, everyMs: 350 });
				expect(Math.max(...delays)).toBeLessThan(LOST_WITHIN_MS);
			} finally {
				mend?.();
			}
			// The bus carries again: by the check alone they would need a second on average.
			const again = () => signalDelays(call, ann.device, bob.device, { count: 5, everyMs: 0 });
			const median = async () => (await again()).sort((a, b) => a - b)[2];
			await expect.poll(median, { timeout: 10_000 }).toBeLessThan(medianBelowMs);
			for (const { device } of [ann, bob]) device.link.stop();
		});
	});
}
