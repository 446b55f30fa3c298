import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestServer } from '../fixtures/server';
import { describeSeveralServers } from './several-servers-suite';
import { connect, Device, signalDelays, signUp, startServers, stopServers } from './several-servers-world';

const nothing = { env: {}, close: async () => {} };

describeSeveralServers('Postgres', {
	counts: [2, 3],
	start: async () => nothing,
	medianBelowMs: 500,
	faults: {
		// A backend that is stopped where it stands is a blackhole: its connection is up, and nothing comes.
		'every LISTEN connection blackholed': () => async (database) => {
			const backends = await database.sql<{ pid: number }[]>`
				select pid from pg_stat_activity
				where application_name = 'parley bus' and datname = current_database()`;
			expect(backends).toHaveLength(2);
			for (const { pid } of backends) process.kill(pid, 'SIGSTOP');
			return () => {
				for (const { pid } of backends) process.kill(pid, 'SIGCONT');
			};
		}
	}
});

// No bus at all: every wake-up is lost, and found by the check.
describeSeveralServers('the check alone', {
	counts: [2],
	start: async () => ({ ...nothing, env: { PARLEY_BUS: 'memory' } }),
	medianBelowMs: 2_500
});

describe('a server whose messages never arrive, while the bus of the others stands', () => {
	let servers: TestServer[] = [];
	beforeAll(async () => {
		servers = await startServers([{ PARLEY_BUS: 'memory' }, {}]);
	}, 60_000);
	afterAll(() => stopServers(servers));

	test('a signal is at most 3 s late', async () => {
		const [mute, other] = servers as [TestServer, TestServer];
		const ann = new Device(mute, await signUp(mute, 'Ann'));
		const bob = new Device(other, await signUp(other, 'Bob'));
		await Promise.all([ann.stands(), bob.stands()]);
		const call = await connect(ann, bob);
		const delays = await signalDelays(call, ann, bob, { count: 4, everyMs: 350 });
		expect(Math.max(...delays)).toBeLessThan(3_000);
		// It is the check that found them: the bus told nothing.
		expect(Math.max(...delays)).toBeGreaterThan(300);
		for (const { link } of [ann, bob]) link.stop();
	});
});
