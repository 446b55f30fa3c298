import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../tidy/tree';

type Row = {
	relay: string;
	shape: string;
	median: { p50: number; perSecond: number; serverCpu: number | null };
};
type Report = {
	quick: boolean;
	facts: Record<string, string>;
	relay: { rows: Row[]; idle: { name: string; heapKb: number }[]; aims: { what: string; reached: number }[] };
	calls: {
		rows: { server: string; pairs: number; median: { perSecond: number } }[];
		statements: { perCall: number };
		completed: number;
	};
	ring: { rows: { rung: string; act: string; count: number; p50: number; p99: number }[] };
};

test('every benchmark runs and measures every server in every shape', { timeout: 180_000 }, async () => {
	const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.mjs', '--quick', '--json'], {
		cwd: ROOT
	});
	const { quick, facts, relay, calls, ring } = JSON.parse(stdout) as Report;
	expect(quick).toBe(true);
	expect(facts.postgres).toContain('fsync on, synchronous_commit on, full_page_writes on');

	const relays = ['ws', 'socket.io', 'PeerJS server', 'tRPC, in memory', 'tRPC, one insert each', 'Parley'];
	for (const shape of ['1 pair', '50 pairs']) {
		const rows = relay.rows.filter((row) => row.shape === shape);
		expect(rows.map((row) => row.relay)).toEqual(expect.arrayContaining([...relays, 'one-row insert alone']));
		for (const { relay: name, median } of rows) {
			expect(median.p50, name).toBeGreaterThan(0);
			expect(median.perSecond, name).toBeGreaterThan(0);
			if (relays.includes(name)) expect(median.serverCpu, name).toBeGreaterThan(0);
		}
	}
	expect(relay.idle.map(({ name }) => name)).toEqual(relays);
	for (const { what, reached } of relay.aims) expect(Number.isFinite(reached), what).toBe(true);

	expect(ring.rows.map(({ rung, act }) => `${rung} ${act}`)).toHaveLength(3 * 7);
	for (const { rung, act, count, p50, p99 } of ring.rows) {
		expect(count, `${rung} ${act}`).toBeGreaterThan(0);
		expect(p99).toBeGreaterThanOrEqual(p50);
	}

	expect(calls.rows).toHaveLength(6);
	for (const { server, median } of calls.rows) expect(median.perSecond, server).toBeGreaterThan(0);
	expect(calls.statements.perCall).toBeGreaterThan(10);
	expect(calls.completed).toBeGreaterThan(0);
});
